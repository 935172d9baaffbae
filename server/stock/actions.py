"""Use cases of stock."""

from collections.abc import Sequence
from uuid import UUID

from server.errors import Invalid
from server.events import StockReceived
from server.kit import db
from server.kit.context import actor
from server.stock import moves
from server.stock.schemas import Receipt


async def receive_goods(receipts: Sequence[Receipt], warehouse: UUID, reason: str) -> None:
    """Goods arrived: raise on_hand; orders that wait for them are served next.

    Raises Invalid when a quantity is not positive.
    """
    if any(r.qty <= 0 for r in receipts):
        raise Invalid("bad_qty", "入库数量必须大于 0")
    async with db.transaction() as tx:
        await moves.receive(tx, receipts, warehouse, actor().person, reason)
        await tx.emit(*(StockReceived(subject=r.sku, to={"qty": r.qty}, reason=reason) for r in receipts))
