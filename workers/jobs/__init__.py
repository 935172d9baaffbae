"""The handlers, one thin module for each feature: which action a kind of job calls. All are idempotent."""

from importlib import import_module

MODULES = ("catalog", "orders", "rules", "platforms", "picking", "shipping", "printing", "house")


def load() -> None:
    """Register every handler."""
    for name in MODULES:
        import_module(f"{__name__}.{name}")
