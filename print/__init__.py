"""What leaves on paper: documents, barcodes, rendering to PDF. Knows nothing of orders or platforms.

Import it as `from print import documents` (or `import print as paper`), so that the builtin keeps its name.
"""
