"""The table of shops: one authorised account on one platform."""

from piccolo.columns import UUID, Bytea
from piccolo.table import Table

from server.kit.columns import at, key, obj, text


class ShopRow(Table, tablename="shop"):
    """secret: sealed JSON of app secret and tokens. state: on, off, needs_auth. watermark: all before it is stored."""

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
