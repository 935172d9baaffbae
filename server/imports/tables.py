"""Imported files and what became of their rows. Neither holds the file or a buyer's words."""

from piccolo.columns import UUID, Bytea, Integer
from piccolo.table import Table

from server.kit.columns import at, key, ref, text
from server.platforms.tables import ShopRow


class ImportFile(Table, tablename="import_file"):
    """mode: file (all or nothing), row. sha256: to know the same file again. kind: orders, goods (of no shop)."""

    id = key()
    shop = ref(ShopRow, null=True)
    name = text()
    size = Integer()
    sha256 = Bytea()
    state = text("done")
    mode = text()
    rows = Integer()
    good = Integer()
    bad = Integer()
    made_by = UUID(null=True, default=None)
    made_at = at(now=True)
    kind = text("orders")


class ImportRow(Table, tablename="import_row"):
    """outcome: new, held, known, older, bad. external_id: an order number or a SKU's code, or "" where that
    is not certain."""

    id = key()
    file = ref(ImportFile)
    row_no = Integer()
    external_id = text()
    outcome = text()
    message = text()
