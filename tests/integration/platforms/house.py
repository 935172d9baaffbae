"""A platform at the port that does as it is told and counts what it is asked. What the real ones say is tested against
their sandboxes."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.errors import Rejected, Unauthenticated, Unavailable
from server.kit import clock
from server.platforms.adapter import Adapter
from server.platforms.http import Gateway
from server.platforms.port import Account, Grant, Hint, Powers, RawOrder, RawRefund, Shop, Window
from server.platforms.taobao.adapter import Taobao
from server.platforms.taobao.body import BODY


class Told(Adapter):
    """Taobao's bodies, and a gateway made of dictionaries. `orders`: tid -> body as it is now."""

    code = "taobao"
    body = BODY
    pace = Taobao.pace
    powers = Powers(refresh=True, messages=True, refunds=True, webhook=True)

    def __init__(self) -> None:
        super().__init__(Gateway("淘宝", lambda _: None))
        self.asked: list[str] = []
        self.orders: dict[str, bytes] = {}
        self.error: Exception | None = None
        self.good = {"t1"}
        """Access tokens that are taken."""
        self.refresh_token = "r1"
        self.serial = 1
        self.slow_s = 0.0
        self.queue: list[Hint] = []
        self.confirmed: list[str] = []
        self.cases: list[RawRefund] = []
        self.before_confirm: Any = None

    def __call__(self, code: str) -> "Told":
        return self

    def _ask(self, shop: Shop, what: str) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error
        if shop.access_token not in self.good:
            raise Unauthenticated("platform_unauthenticated", "授权已失效，请重新授权")

    async def refresh(self, shop: Shop) -> Grant:
        self.asked.append("refresh")
        await asyncio.sleep(self.slow_s)
        if self.error is not None:
            raise self.error
        if shop.refresh_token != self.refresh_token:
            raise Unauthenticated("platform_unauthenticated", "续期凭证已用过")
        return self._grant()

    async def exchange(self, shop: Shop, code: str, redirect: str, extra: Mapping[str, str] | None = None) -> Grant:
        self.asked.append(f"exchange {code} {redirect}")
        if code != "good":
            raise Rejected("platform_rejected", "授权码无效")
        return self._grant()

    def _grant(self) -> Grant:
        self.serial += 1
        token = f"t{self.serial}"
        self.good, self.refresh_token = {token}, f"r{self.serial}"
        now = clock.now()
        return Grant(token, self.refresh_token, now + timedelta(hours=4), now + timedelta(days=30))

    def authorise_url(self, shop: Shop, redirect: str, state: str) -> str:
        return f"https://platform/authorise?to={redirect}&state={state}"

    async def account(self, shop: Shop) -> Account:
        self._ask(shop, "account")
        return Account("演示旗舰店", "演示")

    async def changed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
        self._ask(shop, "changed")
        yield [BODY.raw_order(b) for b in self.orders.values()]

    async def placed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
        self._ask(shop, f"placed {window.since:%Y-%m-%dT%H:%M}")
        yield [BODY.raw_order(b) for b in self.orders.values()]

    async def order(self, shop: Shop, external_id: str) -> RawOrder:
        self._ask(shop, f"order {external_id}")
        if external_id not in self.orders:
            raise Rejected("platform_no_order", "淘宝没有返回这笔订单")
        return BODY.raw_order(self.orders[external_id])

    async def refunds(self, shop: Shop, window: Window) -> AsyncIterator[list[RawRefund]]:
        self._ask(shop, "refunds")
        yield self.cases

    async def messages(self, shop: Shop) -> list[Hint]:
        self._ask(shop, "messages")
        return self.queue[:20]

    async def confirm(self, shop: Shop, ids: Sequence[str]) -> None:
        if self.before_confirm is not None:
            await self.before_confirm()
        self._ask(shop, "confirm")
        self.confirmed += ids
        self.queue = [h for h in self.queue if h.id not in ids]

    def heard(self, shop: Shop, url: str, headers: Mapping[str, str], body: bytes) -> list[Hint]:
        if headers.get("authorization") != f"{shop.app_secret}|{url}|{len(body)}":
            raise Unauthenticated("not_the_platform", "签名不符")
        return [Hint("", "order", body.decode())]


async def authorised(db: Any, shop: UUID, access: str = "t1", refresh: str = "r1") -> None:
    """The shop holds these tokens; the access token ends in four hours."""
    from server.platforms import tokens

    at = clock.now()
    await tokens.keep(shop, Grant(access, refresh, at + timedelta(hours=4), at + timedelta(days=30)))
    await db.run("delete from job")


def down() -> Unavailable:
    return Unavailable("platform_unavailable", "淘宝暂时没有响应，稍后再试")


def trade(tid: str, **change: Any) -> bytes:
    """A paid Taobao trade of one line."""
    import msgspec

    order: dict[str, Any] = {
        "tid": int(tid),
        "status": "WAIT_SELLER_SEND_GOODS",
        "type": "fixed",
        "created": "2026-11-20 10:00:00",
        "pay_time": "2026-11-20 10:01:00",
        "modified": "2026-11-20 10:01:00",
        "payment": "59.00",
        "post_fee": "0.00",
        "total_fee": "59.00",
        "discount_fee": "0.00",
        "receiver_name": "王**",
        "receiver_mobile": "130****0001",
        "receiver_state": "浙江省",
        "receiver_city": "杭州市",
        "receiver_district": "西湖区",
        "receiver_address": "示例路**号",
        "oaid": "oaid-1",
        "orders": {
            "order": [
                {
                    "oid": int(tid),
                    "title": "纯棉短袖T恤",
                    "num": 1,
                    "price": "59.00",
                    "payment": "59.00",
                    "total_fee": "59.00",
                    "divide_order_fee": "59.00",
                    "outer_sku_id": "TEE-WHT-M",
                    "num_iid": 1,
                    "sku_id": "1",
                    "refund_status": "NO_REFUND",
                    "status": "WAIT_SELLER_SEND_GOODS",
                }
            ]
        },
    }
    return msgspec.json.encode(order | change)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
