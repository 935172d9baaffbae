"""SKUs, barcodes, warehouses, and which listing of a shop is which SKU."""
