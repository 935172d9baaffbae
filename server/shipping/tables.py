"""Tables of what is printed and of the carrier's account."""

from piccolo.columns import UUID, Bytea, Integer
from piccolo.table import Table

from server.kit.columns import at, key, text


class PrintJob(Table, tablename="print_job"):
    """kind: label, pick_list. state: waiting, ready, failed, printed, stale.

    sheet: the PDF in which it stands, `pages` of it from first_page (counting from 0); until retention ends.
    """

    id = key()
    kind = text()
    subject_id = UUID(index=True)
    subject_no = text()
    version = Integer(default=1)
    state = text("waiting")
    pages = Integer(default=0)
    error = text()
    made_at = at(now=True)
    ready_at = at(null=True)
    printed_at = at(null=True)
    sheet = UUID(null=True, default=None)
    first_page = Integer(default=0)


class PrintSheet(Table, tablename="print_sheet"):
    """A PDF as it was rendered: often the labels of a whole batch."""

    id = key()
    pdf = Bytea()
    made_at = at(now=True)


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
