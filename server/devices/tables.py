"""Tables of enrolled devices and of what they are told. The engine keeps its own sequence state beside them."""

from piccolo.columns import UUID, BigInt, Bytea, Integer
from piccolo.table import Table

from server.kit.columns import at, key, text


class Device(Table, tablename="device"):
    """dev: the 16 bytes that the browser made. person: whose session it last had. unsent: as it last reported."""

    id = key()
    dev = Bytea(unique=True)
    name = text()
    person = UUID(null=True, default=None)
    warehouse = UUID()
    rights_epoch = Integer(default=1)
    unsent = Integer(default=0)
    enrolled_at = at(now=True)
    seen_at = at(null=True)
    revoked_at = at(null=True)


class FloorVerdict(Table, tablename="floor_verdict"):
    """What became of an event that was not plainly accepted, in words. id: the event's. Leaves after a day."""

    id = UUID(primary_key=True)
    device = UUID()
    n = BigInt()
    code = Integer()
    message = text()
    task = UUID(null=True, default=None)
    made_at = at(now=True)
