"""What waits for a person: one table, one inbox. Screens are views of it."""
