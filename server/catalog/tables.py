"""Tables of what is sold and where it lies."""

from piccolo.columns import UUID
from piccolo.table import Table

from server.kit.columns import at, key, ref, text


class Warehouse(Table, tablename="warehouse"):
    id = key()
    code = text(unique=True)
    name = text()


class Sku(Table, tablename="sku"):
    """货品. bin is where it is picked; several bins come with the stock issue."""

    id = key()
    code = text(unique=True)
    name = text()
    variant = text()
    bin = text()
    photo = text()
    created_at = at(now=True)


class Barcode(Table, tablename="barcode"):
    code = text(unique=True)
    sku = ref(Sku)


class Listing(Table, tablename="listing"):
    """平台商品: what a shop calls it. Unique by (shop, item, platform SKU)."""

    id = key()
    shop = UUID()
    item = text()
    platform_sku = text()
    sku = ref(Sku)
    matched_by = UUID(null=True, default=None)
    matched_at = at(now=True)
