"""What is on the shelf, what is promised, and the ledger of both."""
