"""The simulated Shopee gateway (Open API v2): what it checks and does, and how it writes an order."""
