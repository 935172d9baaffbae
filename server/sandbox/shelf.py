"""The numbers that buyers see in the shops, by item and variant. What a platform allows is its gateway's business."""

from collections.abc import Iterator

from msgspec import Struct, field

from server.sandbox.catalogue import SKUS, Sku

FIRST = 100
"""What each listing starts with."""


class Shelf(Struct):
    """One shop's numbers. Part of the state file."""

    numbers: dict[str, int] = field(default_factory=dict)
    """SKU code of the catalogue -> the number shown."""
    keys: list[str] = field(default_factory=list)
    """Idempotency keys of increments that were applied."""
    writes: int = 0
    reserved: dict[str, int] = field(default_factory=dict)
    """SKU code -> how much of it a promotion holds: less may not be set (Shopee)."""

    def listed(self) -> Iterator[tuple[Sku, int]]:
        for sku in SKUS:
            yield sku, self.number(sku)

    def number(self, sku: Sku) -> int:
        return self.numbers.get(sku.code, FIRST)

    def put(self, sku: Sku, number: int) -> None:
        self.numbers[sku.code] = number
        self.writes += 1

    def sold(self, code: str, qty: int) -> None:
        """An order was placed: never below zero, the sandbox's buyers do not ask."""
        if code:
            self.numbers[code] = max(0, self.numbers.get(code, FIRST) - qty)

    def once(self, key: str) -> bool:
        """Is this the first time that the key is seen? No key: always."""
        if not key:
            return True
        if key in self.keys:
            return False
        self.keys.append(key)
        return True
