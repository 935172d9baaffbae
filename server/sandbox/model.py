"""An order as the simulated world knows it: plain, unmasked, the same for all platforms. Not a wire format."""

import re
from typing import Literal

from msgspec import Struct

Platform = Literal["taobao", "jd", "pinduoduo", "shopee"]
State = Literal["unpaid", "paid", "shipped", "completed", "cancelled"]
Refund = Literal["none", "asked", "done"]


class Receiver(Struct, frozen=True):
    name: str
    phone: str
    province: str
    city: str
    """"" in a county that answers to its province directly (济源): Taobao then sends no receiver_city."""
    district: str
    street: str
    zipcode: str
    area: int
    """Running number of the region; JD and PDD build their (invented) area ids from it."""


class Sent(Struct, frozen=True):
    """How a shop was told that goods have left."""

    waybill_no: str
    carrier: str
    """As sent: TOP's code, JD's or PDD's id, "" on Shopee."""
    at: int

    @property
    def numbers(self) -> list[str]:
        """JD joins several: "|" between carriers, "," inside one."""
        return re.split(r"[|,]", self.waybill_no)


class Line(Struct):
    n: int
    """From 1."""
    code: str
    """The SKU of the catalogue; "" where the listing is of something the catalogue does not have."""
    outer_code: str
    """What the seller typed into the listing: normally the SKU code. "" or an old code: it cannot be matched."""
    outer_product: str
    title: str
    variant: str
    qty: int
    unit: int
    """Minor units per piece before any discount."""
    deal: int
    """Minor units per piece after the line's own discount."""
    item: int
    model: int
    weight_g: int
    gift: bool = False
    refund: Refund = "none"
    refund_id: str = ""
    refunded_at: int = 0
    sent: Sent | None = None


class Order(Struct, kw_only=True):
    """Times are epoch seconds (the platforms' resolution), 0 = not yet; money in minor units of `currency`."""

    platform: Platform
    external_id: str
    serial: int
    state: State
    currency: str
    lines: list[Line]
    receiver: Receiver
    buyer: str
    created: int
    modified: int
    paid_at: int = 0
    completed_at: int = 0
    closed_at: int = 0
    discount: int = 0
    """Of the whole order, on top of the lines' own."""
    freight: int = 0
    risk: bool = False
    """Held by the platform's own review: must not be shipped."""
    by_platform: bool = False
    """Shipped from the platform's own warehouse, not by the seller."""
    buyer_note: str = ""
    seller_note: str = ""
    flag: int = 0
    noted_at: int = 0
    """When a remark last changed. On JD this does not move `modified`."""
    address_version: int = 1
    sent: Sent | None = None
    collected: bool = False
    packages: list[list[int]] = []
    """Shopee: the line numbers of each parcel, once the order is split; empty: one parcel."""
    hidden_until: float = 0.0
    """Lists do not show its last change before this moment; asked for by its number it is there."""

    @property
    def goods(self) -> int:
        """Minor units of all lines, before the order's own discount and freight."""
        return sum(line.deal * line.qty for line in self.lines)

    @property
    def total(self) -> int:
        """What the buyer pays."""
        return self.goods - self.discount + self.freight

    @property
    def numbers(self) -> set[str]:
        """The waybill numbers it is shipped with now."""
        sents = [line.sent for line in self.lines] if any(line.sent for line in self.lines) else [self.sent]
        return {number for sent in sents if sent for number in sent.numbers}

    @property
    def refund(self) -> Refund:
        """asked while any line's refund is open, done when every line is refunded."""
        if any(line.refund == "asked" for line in self.lines):
            return "asked"
        return "done" if all(line.refund == "done" for line in self.lines) else "none"


def spread(amount: int, weights: list[int]) -> list[int]:
    """Cut `amount` in proportion, to the last unit: the sum of the parts is the amount."""
    left, rest, parts = amount, sum(weights), []
    for weight in weights:
        part = round(left * weight / rest) if rest else 0
        parts.append(part)
        left -= part
        rest -= weight
    return parts


def yuan(minor: int) -> str:
    """12345 -> "123.45", as Taobao and JD write money."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
