"""A small world for tests: a warehouse, goods with stock, shops, people; and orders as a platform writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from server import demo
from server.accounts import actions as accounts
from server.kit import db
from server.settings import Settings

PASSWORD = "a-test-password-1"


class World(msgspec.Struct):
    """Ids of what was made."""

    warehouse: UUID
    skus: dict[str, UUID]
    barcodes: dict[str, str]
    shops: dict[str, UUID]
    people: dict[str, UUID]


async def make(settings: Settings) -> World:
    """What `zhongshu demo` makes, with passwords that tests know."""
    await demo.goods_and_shops(settings)
    people = {
        role: await accounts.add_person(role, f"{role} 先生", role, PASSWORD)
        for role in ("service", "warehouse", "stock", "finance", "manager")
    }
    return World(
        warehouse=await db.value("select id from warehouse"),
        skus={r["code"]: r["id"] for r in await db.rows("select code, id from sku")},
        barcodes={
            r["code"]: r["barcode"]
            for r in await db.rows("select k.code, b.code as barcode from sku k join barcode b on b.sku = k.id")
        },
        shops={r["platform"]: r["id"] for r in await db.rows("select platform, id from shop")},
        people=people,
    )


def taobao_order(tid: str, skus: dict[str, int], *, at: datetime | None = None, **more: Any) -> bytes:
    """One trade as trade.fullinfo.get returns it, for goods by outer code."""
    moment = ((at or datetime.now(UTC)) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
    lines = [
        {
            "oid": int(f"{tid}{i}"),
            "num_iid": 600000 + i,
            "sku_id": str(700000 + i),
            "outer_sku_id": code,
            "title": f"商品 {code}",
            "sku_properties_name": "颜色:黑",
            "num": qty,
            "price": "10.00",
            "payment": f"{10 * qty}.00",
            "total_fee": f"{10 * qty}.00",
            "discount_fee": "0.00",
            "status": more.get("status", "WAIT_SELLER_SEND_GOODS"),
            "refund_status": "NO_REFUND",
        }
        for i, (code, qty) in enumerate(skus.items(), start=1)
    ]
    total = f"{10 * sum(skus.values())}.00"
    trade = {
        "tid": int(tid),
        "tid_str": tid,
        "status": "WAIT_SELLER_SEND_GOODS",
        "type": "fixed",
        "created": moment,
        "pay_time": moment,
        "modified": moment,
        "payment": total,
        "total_fee": total,
        "post_fee": "0.00",
        "discount_fee": "0.00",
        "receiver_name": "王**",
        "receiver_mobile": "*******1234",
        "receiver_state": "浙江省",
        "receiver_city": "杭州市",
        "receiver_district": "西湖区",
        "receiver_address": f"示**路{tid[-5:]}号",
        "oaid": f"1{tid}oaid",
        "orders": {"order": lines},
    }
    trade.update(more)
    return msgspec.json.encode(trade)
