"""The demand engine: what the n-th order of a shop is depends on the seed, the shop and n, and on nothing else.

Ids carry the seed too, so that a sandbox that starts afresh does not reuse the ids of an earlier life.
"""

import random
from datetime import datetime
from typing import Final
from zlib import crc32

from server.sandbox import people
from server.sandbox.catalogue import BY_CODE, SKUS, Sku
from server.sandbox.clock import BEIJING
from server.sandbox.model import Line, Order, Platform

WEIGHTS: Final[dict[Platform, int]] = {"taobao": 4, "jd": 2, "pinduoduo": 3, "shopee": 2}
"""How the steady rate and a burst are shared out among the shops."""

_POPULARITY: Final = [1 / (rank + 2) for rank in range(len(SKUS))]
_NOTES: Final = ("请放门口", "麻烦包好一点,送人的", "周末送货", "请发顺路速运", "不要打电话,发短信")
_NOTES_SG: Final = ("please pack well", "leave at the door", "it is a gift, no invoice please")
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

# Shares of orders that are not plain sailing ("a few per hundred").
_NOTE, _REFUND, _UNMATCHED, _RISK, _GIFT = 0.12, 0.025, 0.025, 0.02, 0.04


def _base32(n: int, width: int) -> str:
    out = ""
    for _ in range(width):
        n, digit = divmod(n, 32)
        out = _DIGITS[digit] + out
    return out


def external_id(platform: Platform, seed: int, serial: int, at: int) -> str:
    """The platform's order number, in its own form.

    Taobao: 19 digits, beyond 2^53 and below 2^63. PDD: YYMMDD-15 digits. Shopee: YYMMDD + 8 characters.
    """
    day = datetime.fromtimestamp(at, BEIJING).strftime("%y%m%d")
    if platform == "taobao":
        return str(4_100_000_000_000_000_000 + seed % 10**6 * 10**11 + serial * 1000)
    if platform == "jd":
        return f"3{seed % 10**6:06d}{serial:07d}"
    if platform == "pinduoduo":
        return f"{day}-{seed % 10**7:07d}{serial:08d}"
    return f"{day}{_base32(seed, 4)}{_base32(serial, 4)}"


def _line(n: int, sku: Sku, qty: int, platform: Platform) -> Line:
    shopee = platform == "shopee"
    unit = sku.price_sgd if shopee else sku.price_fen
    return Line(
        n=n,
        code=sku.code,
        outer_code=sku.code,
        outer_product=sku.product,
        title=sku.name_en if shopee else f"【演示】{sku.name}",
        variant=sku.variant_en if shopee else sku.variant,
        qty=qty,
        unit=unit,
        deal=unit,
        item=sku.item,
        model=sku.model,
        weight_g=sku.weight_g,
    )


def _stranger(n: int, code: str, qty: int, platform: Platform) -> Line:
    """A line whose code the catalogue does not know: an old listing that nobody matched, each code another."""
    number = 1_000 + crc32(code.encode()) % 9_000
    return Line(
        n=n,
        code="",
        outer_code=code,
        outer_product=code,
        title="Old listing" if platform == "shopee" else "【演示】旧款链接",
        variant="",
        qty=qty,
        unit=1990,
        deal=1990,
        item=number,
        model=number,
        weight_g=200,
    )


def _lines(rng: random.Random, platform: Platform) -> list[Line]:
    count = rng.choices((1, 2, 3, 4), (60, 25, 10, 5))[0]
    chosen: list[Sku] = []
    while len(chosen) < count:
        sku = rng.choices(SKUS, _POPULARITY)[0]
        if sku not in chosen:
            chosen.append(sku)
    return [_line(n, sku, rng.choices((1, 2, 3), (75, 18, 7))[0], platform) for n, sku in enumerate(chosen, start=1)]


def _ordered(codes: list[str], platform: Platform) -> list[Line]:
    """Exactly these codes; a code twice is quantity two; an unknown code is an unmatched line."""
    lines: list[Line] = []
    for n, code in enumerate(dict.fromkeys(codes), start=1):
        qty = codes.count(code)
        sku = BY_CODE.get(code)
        lines.append(_line(n, sku, qty, platform) if sku else _stranger(n, code, qty, platform))
    return lines


def draw(
    platform: Platform,
    *,
    seed: int,
    serial: int,
    at: int,
    draw_seed: int | None = None,
    odd: bool = True,
    skus: list[str] | None = None,
) -> Order:
    """The `serial`-th order of the shop, paid at `at` (epoch seconds).

    `draw_seed` varies what is ordered, not the id. Without `odd` nothing is wrong with it (it may carry a note).
    """
    rng = random.Random(f"{seed if draw_seed is None else draw_seed}:{platform}:{serial}")
    shopee = platform == "shopee"
    receiver = people.singaporean(rng) if shopee else people.chinese(rng)
    lines = _lines(rng, platform) if skus is None else _ordered(skus, platform)
    if shopee and rng.random() < 0.3:  # Shopee shows a discount per piece, not per order
        for line in lines:
            line.deal = line.unit - line.unit // 10
    order = Order(
        platform=platform,
        external_id=external_id(platform, seed, serial, at),
        serial=serial,
        state="paid",
        currency="SGD" if shopee else "CNY",
        lines=lines,
        receiver=receiver,
        buyer=f"demo_buyer_{rng.randrange(5000):04d}",
        created=at,
        paid_at=at,
        modified=at,
    )
    if shopee:
        order.freight = 199
    else:
        order.discount = order.goods // 1000 * 100 if rng.random() < 0.3 else 0  # 满10减1
        order.freight = 0 if order.goods >= 5000 else 600
    if rng.random() < _NOTE:
        order.buyer_note = rng.choice(_NOTES_SG if shopee else _NOTES)
    fate = rng.random()  # drawn in any case: `odd` must not change what is ordered
    if odd:
        _trouble(order, rng, fate)
    return order


def _trouble(order: Order, rng: random.Random, fate: float) -> None:
    """At most one thing is wrong with an order."""
    line = order.lines[0]
    if fate < _REFUND:
        line.refund, line.refund_id = "asked", refund_id(order, line)
    elif fate < _REFUND + _UNMATCHED:
        line.code = ""
        line.outer_code = "" if rng.random() < 0.4 else f"OLD-{rng.randrange(1000):03d}"
        line.outer_product = line.outer_code
    elif fate < _REFUND + _UNMATCHED + _RISK:
        order.risk = True
    elif fate < _REFUND + _UNMATCHED + _RISK + _GIFT and order.platform == "jd":
        gift = _line(len(order.lines) + 1, BY_CODE[line.code], 1, "jd")  # JD: the same sku, sold and as a gift
        gift.unit, gift.deal, gift.gift = 0, 0, True
        order.lines.append(gift)


def refund_id(order: Order, line: Line) -> str:
    """18 digits; one per line."""
    return str(400_000_000_000_000_000 + order.serial * 1000 + line.n)
