"""Each adapter against the sandbox: place, pull all, ship, see it shipped; and the bad days."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from server.errors import Rejected, Unauthenticated, Unavailable
from server.platforms import registry
from server.platforms.port import Platform, RawOrder, Shipment, Shipped, Shop, Window
from server.sandbox.accounts import SHOPS
from server.sandbox.app import create_app

BASE = "http://sandbox.test"
SHOP = {
    one["platform"]: Shop(
        id="s",
        platform=one["platform"],
        external_id=one["external_id"],
        base_url=f"{BASE}{one['path']}",
        app_key=one["app_key"],
        app_secret=one["app_secret"],
        access_token=one["access_token"],
    )
    for one in SHOPS
}
SEND = {
    "taobao": "taobao.logistics.offline.send",
    "jd": "jingdong.pop.order.shipment",
    "pinduoduo": "pdd.logistics.online.send",
    "shopee": "/api/v2/logistics/ship_order",
}
CARRIER = {"taobao": "SLX", "jd": "900001", "pinduoduo": "900001", "shopee": ""}
OURS = "SLX000010000001"

pytestmark = pytest.mark.parametrize("code", registry.CODES)


@pytest_asyncio.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(1)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


async def control(web: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await web.post(f"/control/{path}", json=body)
    answer.raise_for_status()
    return answer.json()


async def place(web: httpx.AsyncClient, code: str, count: int = 1, **more: Any) -> list[str]:
    found = await control(web, "orders", **{"platform": code, "count": count, "at": int(time.time()) - 400, **more})
    return list(found["ids"])


async def pull(adapter: Platform, code: str, since: timedelta = timedelta(minutes=30)) -> dict[str, RawOrder]:
    now = datetime.now(UTC)
    found: dict[str, RawOrder] = {}
    for window in adapter.windows(now - since, now, SHOP[code].settings):
        async for page in adapter.changed(SHOP[code], window):
            found |= {order.external_id: order for order in page}
    return found


async def look(web: httpx.AsyncClient, code: str, id: str) -> Any:
    return (await web.get(f"/control/orders/{code}/{id}")).json()


async def test_place_pull_ship(web: httpx.AsyncClient, code: str) -> None:
    adapter = registry.connect(code, web)
    placed = await place(web, code, 130)
    pulled = await pull(adapter, code)
    assert set(pulled) == set(placed)

    id = (await place(web, code, odd=False))[0]
    shipment = Shipment(external_id=id, waybill_no=OURS, carrier_code="SLX")
    assert await adapter.ship(SHOP[code], shipment) == Shipped()
    there = await look(web, code, id)
    assert there["state"] == "shipped"
    assert (there["shipped"]["waybill_no"], there["shipped"]["carrier"]) == (OURS, CARRIER[code])

    assert await adapter.ship(SHOP[code], shipment) == Shipped(already=True)
    with pytest.raises(Rejected) as caught:
        await adapter.ship(SHOP[code], Shipment(external_id=id, waybill_no="SLX999990000009", carrier_code="SLX"))
    assert caught.value.code == "platform_other_waybill"
    assert (await look(web, code, id))["shipped"]["waybill_no"] == OURS


async def test_list_and_detail_say_the_same(web: httpx.AsyncClient, code: str) -> None:
    adapter = registry.connect(code, web)
    await place(web, code, 6)
    for id, listed in (await pull(adapter, code)).items():
        fresh = await adapter.order(SHOP[code], id)
        assert adapter.identity(fresh.body) == adapter.identity(listed.body)
        assert fresh.modified == listed.modified and fresh.modified is not None


async def test_the_window_is_closed_at_both_ends(web: httpx.AsyncClient, code: str) -> None:
    now = int(time.time())
    ids = [(await place(web, code, at=now - ago))[0] for ago in (1000, 999, 850, 700, 699)]
    since, until = (datetime.fromtimestamp(now - ago, UTC) for ago in (999, 700))
    found: set[str] = set()
    async for page in registry.connect(code, web).changed(SHOP[code], Window(since, until)):
        found |= {order.external_id for order in page}
    assert found == set(ids[1:4])


async def test_changes_come_again(web: httpx.AsyncClient, code: str) -> None:
    adapter = registry.connect(code, web)
    id = (await place(web, code, odd=False))[0]
    before = (await pull(adapter, code))[id]
    await control(web, "cancel", platform=code, external_id=id)
    after = await adapter.order(SHOP[code], id)
    assert adapter.identity(after.body) != adapter.identity(before.body)
    assert after.modified is not None and before.modified is not None and after.modified > before.modified


async def test_a_lost_answer_is_not_a_second_shipment(web: httpx.AsyncClient, code: str) -> None:
    adapter = registry.connect(code, web)
    id = (await place(web, code, odd=False))[0]
    shipment = Shipment(external_id=id, waybill_no=OURS, carrier_code="SLX")
    await control(web, "faults", kind="fail_after", platform=code, method=SEND[code])
    with pytest.raises(Unavailable):
        await adapter.ship(SHOP[code], shipment)
    assert await adapter.ship(SHOP[code], shipment) == Shipped(already=True)


async def test_rate_limits_and_failures_are_unavailable(web: httpx.AsyncClient, code: str) -> None:
    adapter = registry.connect(code, web)
    await place(web, code)
    for kind in ("rate_limit", "fail_before"):
        await control(web, "faults", kind=kind, platform=code)
        with pytest.raises(Unavailable):
            await pull(adapter, code)
    assert len(await pull(adapter, code)) == 1


async def test_a_dead_token_asks_for_a_person(web: httpx.AsyncClient, code: str) -> None:
    await control(web, "faults", kind="token_death", platform=code)
    with pytest.raises(Unauthenticated):
        await pull(registry.connect(code, web), code)


async def test_a_wrong_secret_is_told(web: httpx.AsyncClient, code: str) -> None:
    good = SHOP[code]
    bad = Shop(**{name: getattr(good, name) for name in good.__struct_fields__} | {"app_secret": "wrong"})
    with pytest.raises(Rejected) as caught:
        await registry.connect(code, web).order(bad, "1")
    assert "签名" in caught.value.message


async def test_an_unknown_order_is_told(web: httpx.AsyncClient, code: str) -> None:
    with pytest.raises((Rejected, Unavailable)) as caught:
        await registry.connect(code, web).order(SHOP[code], "4100000000000009999")
    assert caught.value.code in ("platform_rejected", "platform_no_order_yet")


async def test_a_cancelled_order_cannot_be_shipped(web: httpx.AsyncClient, code: str) -> None:
    id = (await place(web, code, state="cancelled", odd=False))[0]
    with pytest.raises(Rejected):
        await registry.connect(code, web).ship(
            SHOP[code], Shipment(external_id=id, waybill_no=OURS, carrier_code="SLX")
        )
    assert (await look(web, code, id))["shipped"] is None


async def test_redacted_views_hold_no_receiver(web: httpx.AsyncClient, code: str) -> None:
    adapter = registry.connect(code, web)
    id = (await place(web, code, odd=False))[0]
    await control(web, "note", platform=code, external_id=id, buyer="请放门口谢谢")
    order = await adapter.order(SHOP[code], id)
    assert "请放门口谢谢" in order.body.decode() or b"\\u" in order.body
    assert "请放门口谢谢" not in str(adapter.redact(order.body))
