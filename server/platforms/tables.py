"""Tables of shops, and of what platforms tell about them."""

from piccolo.columns import UUID, Array, BigInt, Bytea, Date, Integer, Text
from piccolo.table import Table

from server.kit.columns import at, key, obj, ref, text


class ShopRow(Table, tablename="shop"):
    """One authorised account on one platform. secret: sealed JSON of app secret and tokens.

    state: new (never authorised), on, off, needs_auth. watermark: all before it is stored. access_until: the access
    token ends. failures, open_until: the circuit breaker. progress: of the pull that runs.
    listings_at: all its listings were read; listings_said: of that reading, while it runs or when it failed.
    """

    id = key()
    platform = text()
    external_id = text()
    name = text()
    base_url = text()
    app_key = text()
    secret = Bytea()
    secret_key = UUID()
    settings = obj()
    state = text("on")
    watermark = at(now=True)
    last_pull_at = at(null=True)
    trouble = text()
    created_at = at(now=True)
    granted_at = at(null=True)
    access_until = at(null=True)
    refresh_until = at(null=True)
    failures = Integer(default=0)
    open_until = at(null=True)
    progress = obj()
    refund_watermark = at(now=True)
    listings_at = at(null=True)
    listings_said = obj()


class Consent(Table, tablename="shop_consent"):
    """The owner was sent to say yes. word: hash of the state parameter."""

    id = key()
    shop = ref(ShopRow)
    word = Bytea()
    redirect = text()
    person = UUID(null=True, default=None)
    made_at = at(now=True)
    used_at = at(null=True)


class HintRow(Table, tablename="hint"):
    """Something to look at: the order is read back. source: push, poll, again. message: the push's own id."""

    id = key()
    shop = ref(ShopRow)
    kind = text()
    external_id = text()
    message = text()
    source = text()
    tries = Integer(default=0)
    error = text()
    received_at = at(now=True)
    due_at = at(now=True)
    looked_at = at(null=True)


class RefundCase(Table, tablename="refund_case"):
    """售后单 as the platform knows it, sealed whole; the columns are what of it is read."""

    id = key()
    shop = ref(ShopRow)
    external_id = text()
    order_external_id = text()
    state = text("unknown")
    kind = text("other")
    amount_minor = BigInt(null=True, default=None)
    currency = text("CNY")
    line_keys = Array(base_column=Text(), default=list)
    waybill_no = text()
    sealed = Bytea()
    sealed_key = UUID()
    modified_at = at(null=True)
    seen_at = at(now=True)


class Backfill(Table, tablename="backfill"):
    """Past days, read once more. state: running, done, failed, stopped. next_day: the first that is not read yet."""

    id = key()
    shop = ref(ShopRow)
    day_from = Date()
    day_to = Date()
    next_day = Date()
    state = text("running")
    seen = Integer(default=0)
    stored = Integer(default=0)
    error = text()
    person = UUID(null=True, default=None)
    made_at = at(now=True)
    ended_at = at(null=True)


class HouseSetting(Table, tablename="house_setting"):
    """What holds for the whole installation and was decided at run time."""

    name = Text(primary_key=True)
    value = obj()
    set_at = at(now=True)
