"""Tables of what is printed and of the carrier's account."""

from piccolo.columns import UUID, Bytea, Integer
from piccolo.table import Table

from server.kit.columns import at, key, text


class PrintJob(Table, tablename="print_job"):
    """kind: label, pick_list. state: waiting, ready, failed, printed, stale. The PDF lives until retention ends."""

    id = key()
    kind = text()
    subject_id = UUID(index=True)
    subject_no = text()
    version = Integer(default=1)
    state = text("waiting")
    pages = Integer(default=0)
    pdf = Bytea(null=True, default=None)
    error = text()
    made_at = at(now=True)
    ready_at = at(null=True)
    printed_at = at(null=True)


class Carrier(Table, tablename="carrier"):
    """A carrier account. secret is sealed. cursor: how far its reports are read."""

    id = key()
    code = text(unique=True)
    name = text()
    base_url = text()
    app_key = text()
    secret = Bytea()
    secret_key = UUID()
    cursor = text()
