"""Tables of waves and picks. They go to the floor as they are: no buyer data in them."""

from piccolo.columns import UUID, Array, BigInt, Boolean, Integer, Text
from piccolo.table import Table

from server.catalog.tables import Sku, Warehouse
from server.kit.columns import at, key, ref, text


class Wave(Table, tablename="wave"):
    """波次. state: open, done, cancelled. on_floor: finished work leaves the devices by it."""

    id = key()
    no = text(unique=True)
    warehouse = ref(Warehouse)
    device = UUID(null=True, default=None)
    state = text("open")
    orders = Integer(default=0)
    units = Integer(default=0)
    created_ms = BigInt(default=0)
    created_at = at(now=True)
    created_by = UUID(null=True, default=None)
    on_floor = Boolean(default=True)


class Pick(Table, tablename="pick"):
    """拣货单 line: so many of a SKU from a bin into a slot. state: open, done, short, cancelled."""

    id = key()
    wave = ref(Wave)
    device = UUID(null=True, default=None)
    order_id = UUID(index=True)
    line = UUID()
    order_no = text()
    slot = text()
    sku = ref(Sku)
    sku_code = text()
    name = text()
    variant = text()
    bin = text()
    barcodes = Array(base_column=Text(), default=list)
    qty = Integer()
    picked = Integer(default=0)
    state = text("open")
    photo = text()
    seq = Integer(default=0)
    on_floor = Boolean(default=True)
