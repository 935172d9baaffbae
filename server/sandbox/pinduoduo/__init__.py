"""The simulated Pinduoduo gateway: what it checks and does, and how it writes an order."""
