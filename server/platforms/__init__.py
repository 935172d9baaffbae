"""Shops on platforms: one port, four adapters. What an order means is decided in orders, not here."""
