"""The sync engine: shapes down, intents up. Knows nothing of orders and imports nothing of ours.

Read SPEC.md first.
"""
