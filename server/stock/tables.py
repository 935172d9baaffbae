"""Tables of stock. The CHECK is the last word, whatever the code believes."""

from piccolo.columns import UUID, BigSerial, Integer
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from server.catalog.tables import Sku, Warehouse
from server.kit.columns import at, key, ref, text


class Stock(Table, tablename="stock"):
    id = key()
    sku = ref(Sku)
    warehouse = ref(Warehouse)
    on_hand = Integer(default=0)
    reserved = Integer(default=0)

    one_row = Unique([sku, warehouse])
    never_oversold = Check((reserved >= 0) & (on_hand >= reserved))


class Reservation(Table, tablename="reservation"):
    """占用: state granted, released or claimed. One row for each order line and SKU, for ever."""

    id = key()
    line = UUID()
    order_id = UUID(index=True)
    sku = ref(Sku)
    warehouse = ref(Warehouse)
    qty = Integer()
    state = text("granted")
    made_at = at(now=True)
    ended_at = at(null=True)


class StockLedger(Table, tablename="stock_ledger"):
    """Append-only. kind: opening, receive, reserve, release, ship, return, count, adjust."""

    id = BigSerial(primary_key=True)
    sku = ref(Sku)
    warehouse = ref(Warehouse)
    kind = text()
    on_hand = Integer(default=0)
    reserved = Integer(default=0)
    order_id = UUID(null=True, default=None)
    line = UUID(null=True, default=None)
    person = UUID(null=True, default=None)
    reason = text()
    made_at = at(now=True)
