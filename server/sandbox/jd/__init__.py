"""The simulated JD gateway (classic JOS): what it checks and does, and how it writes an order."""
