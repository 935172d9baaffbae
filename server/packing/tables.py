"""The table of parcels. It goes to the floor as it is: no buyer data in it."""

from piccolo.columns import UUID, Array, Boolean, Integer, Text
from piccolo.table import Table

from server.catalog.tables import Warehouse
from server.kit.columns import at, key, obj, ref, text


class Parcel(Table, tablename="parcel"):
    """包裹. state: picking, ready, packed, handed_over, stopped, cancelled. stop: why it must not leave.

    label_version is the order version its label was made from; order_version is the newest that counts.
    """

    id = key()
    no = text(unique=True)
    order_id = UUID(index=True)
    order_no = text()
    wave = UUID(null=True, default=None)
    warehouse = ref(Warehouse)
    slot = text()
    state = text("picking")
    waybill_no = text()
    carrier = text()
    route_code = text()
    order_version = Integer(default=1)
    label_version = Integer(default=0)
    label_state = text("none")
    stop = text()
    items = obj()
    old_waybills = Array(base_column=Text(), default=list)
    wave_no = text()
    made_at = at(now=True)
    packed_at = at(null=True)
    handed_over_at = at(null=True)
    manifested_at = at(null=True)
    collected_at = at(null=True)
    delivered_at = at(null=True)
    on_floor = Boolean(default=True)
