"""Tables of what is sold and where it lies."""

from piccolo.columns import UUID, Integer
from piccolo.constraints import Check, Unique
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
    retired_at = at(null=True)


class Barcode(Table, tablename="barcode"):
    code = text(unique=True)
    sku = ref(Sku)


class BundlePart(Table, tablename="bundle_part"):
    """组合装: a SKU that has parts is a bundle; it lies on no shelf itself, and no part is a bundle."""

    id = key()
    bundle = ref(Sku)
    part = ref(Sku)
    qty = Integer()

    once = Unique([bundle, part])
    some_of_another = Check((qty > 0) & (bundle != part))


class Listing(Table, tablename="listing"):
    """平台商品: what a shop calls it. Unique by (shop, item, platform SKU).

    how it came to its SKU: code, barcode, hand, "" not yet. hand without a SKU: a person said that it is none, so
    nothing matches it by itself. state: on, off, deleted, gone (not in the shop's list any more). seen_at: when the
    shop's own list had it; null: known from orders only.
    """

    id = key()
    shop = UUID()
    item = text()
    platform_sku = text()
    sku = ref(Sku, null=True)
    matched_by = UUID(null=True, default=None)
    matched_at = at(null=True)
    how = text()
    outer_code = text()
    barcode = text()
    title = text()
    spec = text()
    state = text("on")
    qty = Integer(null=True, default=None)
    first_at = at(now=True)
    seen_at = at(null=True)
