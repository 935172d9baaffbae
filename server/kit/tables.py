"""Tables of the kit: the trail, the job table, data keys, running numbers."""

from piccolo.columns import UUID, BigInt, BigSerial, Bytea, Integer
from piccolo.table import Table

from server.kit.columns import at, key, obj, text


class EventRow(Table, tablename="event"):
    """Append-only: no code updates or deletes a row, and a trigger refuses it."""

    seq = BigSerial(primary_key=True)
    id = UUID(unique=True)
    kind = text()
    subject_kind = text()
    subject_id = UUID()
    happened_at = at(now=True)
    recorded_at = at(now=True)
    person = UUID(null=True, default=None)
    device = UUID(null=True, default=None)
    reason = text()
    frm = obj()
    to = obj()
    rule = text()
    cause = UUID(null=True, default=None)
    trace = text()


class JobRow(Table, tablename="job"):
    """state: ready, leased, done, parked."""

    id = key()
    kind = text()
    key = text()
    args = obj()
    state = text("ready")
    run_at = at(now=True)
    give_up_at = at(now=True)
    lease_until = at(null=True)
    sent_at = at(null=True)
    fence = BigInt(default=0)
    attempts = Integer(default=0)
    tries = Integer(default=0)
    last_error = text()
    created_at = at(now=True)
    done_at = at(null=True)


class DataKey(Table, tablename="data_key"):
    """A data key, wrapped by the installation's key. wrapped null: destroyed."""

    id = key()
    shop = UUID()
    month = text()
    wrapped = Bytea(null=True, default=None)
    created_at = at(now=True)
    destroyed_at = at(null=True)


class RunningNumber(Table, tablename="running_number"):
    """The last number given out, by name ('order-26', 'wave-26', …)."""

    name = text(unique=True)
    n = BigInt(default=0)
