"""Tables of raw orders and orders. No buyer text in clear: it lives sealed in raw_order and receiver_version."""

from piccolo.columns import UUID, BigInt, Boolean, Bytea, Integer
from piccolo.constraints import Unique
from piccolo.table import Table

from server.catalog.tables import Sku
from server.kit.columns import at, key, obj, ref, text
from server.platforms.tables import ShopRow


class RawOrderRow(Table, tablename="raw_order"):
    """原始订单: the bytes as received, sealed. state: new, mapped, quarantined. One row for each content."""

    id = key()
    shop = ref(ShopRow)
    external_id = text()
    content_hash = Bytea()
    sealed = Bytea()
    sealed_key = UUID()
    redacted = obj()
    modified_at = at(null=True)
    received_at = at(now=True)
    state = text("new")
    error = text()


class Order(Table, tablename="sales_order"):
    """订单: orthogonal facts. The ladder that people see is computed (states.py), never stored."""

    id = key()
    no = text(unique=True)
    shop = ref(ShopRow)
    platform = text()
    external_id = text()
    raw_id = UUID(db_column_name="raw")
    platform_state = text("unknown")
    placed_at = at(null=True)
    paid_at = at(null=True)
    modified_at = at(null=True)
    currency = text("CNY")
    goods_minor = BigInt(default=0)
    discount_minor = BigInt(default=0)
    freight_minor = BigInt(default=0)
    total_minor = BigInt(default=0)
    refund = text("none")
    refund_asked_at = at(null=True)
    risk_at = at(null=True)
    risk = Boolean(default=False)
    locked = Boolean(default=False)
    self_fulfilled = Boolean(default=False)
    note_present = Boolean(default=False)
    provenance = obj()
    version = Integer(default=1)
    receiver_version = Integer(default=0)
    taken_at = at(now=True)
    cancelled_at = at(null=True)
    review_due = Boolean(default=True)
    reviewed_at = at(null=True)
    short_at = at(null=True)
    reserved_at = at(null=True)
    wave = UUID(null=True, default=None)
    picked_at = at(null=True)
    packed_at = at(null=True)
    handed_over_at = at(null=True)
    written_back_at = at(null=True)
    collected_at = at(null=True)
    completed_at = at(null=True)

    once = Unique([shop, external_id])


class OrderLine(Table, tablename="order_line"):
    """明细. gone: no longer in the platform's answer; kept for the story, shipped no more."""

    id = key()
    order_id = ref(Order)
    pos = Integer(default=0)
    line_key = text()
    title = text()
    spec = text()
    outer_code = text()
    platform_item = text()
    platform_sku = text()
    qty = Integer()
    unit_minor = BigInt(default=0)
    paid_minor = BigInt(null=True, default=None)
    refund = text("none")
    gift = Boolean(default=False)
    gone = Boolean(default=False)
    sku = ref(Sku, null=True)
    picked = Integer(default=0)

    once = Unique([order_id, line_key])


class ReceiverVersion(Table, tablename="receiver_version"):
    """收件人: masked parts, token, region; clear text only where the platform allows it, sealed, until expires_at."""

    id = key()
    order_id = ref(Order)
    version = Integer()
    masked = obj()
    token = obj()
    region = obj()
    plain = Boolean(default=False)
    sealed = Bytea(null=True, default=None)
    sealed_key = UUID(null=True, default=None)
    digest = Bytea()
    note_digest = Bytea()
    made_at = at(now=True)
    expires_at = at(null=True)

    once = Unique([order_id, version])
