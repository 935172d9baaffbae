"""What every feature leans on: transactions, jobs, ids, sealing. Knows no feature."""
