"""The edge: who calls, what goes wrong, limits, health, and the PWA's files. Knows no order."""
