"""Structs of stock."""

from uuid import UUID

import msgspec


class Want(msgspec.Struct, frozen=True):
    """One line that wants units. Wants are decided in the order given."""

    order_id: UUID
    line: UUID
    sku: UUID
    qty: int


class Short(msgspec.Struct, frozen=True):
    """Why an order could not be served: the first SKU that was missing."""

    order_id: UUID
    sku: UUID
    wanted: int
    available: int


class Receipt(msgspec.Struct, frozen=True):
    sku: UUID
    qty: int
