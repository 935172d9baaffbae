"""The world behind the shops: determinism by seed, demand, control, faults, and a restart that forgets nothing."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.errors import Invalid
from server.sandbox import store
from server.sandbox.app import create_app
from server.sandbox.knobs import Knobs
from tests.contract.sandbox.callers import Sandbox


async def everything(box: Sandbox) -> Any:
    return (await box.http.get("/control/orders")).json()


async def test_the_seed_decides() -> None:
    one, same, other = Sandbox(seed=7), Sandbox(seed=7), Sandbox(seed=8)
    for box in (one, same, other):
        await box.control("demand", burst=40)
        await box.place("jd", 3, skus=["LAMP", "LAMP"])
    assert await everything(one) == await everything(same)
    mine = {o["external_id"] for o in (await everything(one))["orders"]}
    theirs = {o["external_id"] for o in (await everything(other))["orders"]}
    assert not mine & theirs


async def test_what_was_asked_for_is_placed(sandbox: Sandbox) -> None:
    [one] = await sandbox.place("pinduoduo", skus=["LAMP", "CUP-BLU", "LAMP", "NO-SUCH"])
    lines = (await sandbox.look("pinduoduo", one))["lines"]
    assert [(x["sku"], x["outer_code"], x["qty"]) for x in lines] == [
        ("LAMP", "LAMP", 2), ("CUP-BLU", "CUP-BLU", 1), ("", "NO-SUCH", 1),
    ]  # fmt: skip
    for state in ("unpaid", "shipped", "completed", "cancelled"):
        [id] = await sandbox.place("taobao", state=state)
        assert (await sandbox.look("taobao", id))["state"] == state
    bad = await sandbox.http.post("/control/orders", json={"platform": "ebay", "count": 1})
    assert bad.status_code == 400


async def test_steady_demand_comes_with_time(sandbox: Sandbox) -> None:
    await sandbox.control("demand", rate_per_min=60)
    sandbox.now += 30
    stats = (await sandbox.http.get("/control/stats")).json()
    assert sum(stats["orders"].values()) == 30
    sandbox.now += 86_400  # a machine that slept is not flooded
    slept = (await sandbox.http.get("/control/stats")).json()["orders"]
    assert sum(slept.values()) - sum(stats["orders"].values()) == 601
    stats["orders"] = slept
    await sandbox.control("demand", rate_per_min=0)
    sandbox.now += 600
    again = (await sandbox.http.get("/control/stats")).json()
    assert again["orders"] == stats["orders"]


async def test_most_orders_are_plain_and_a_few_are_not(sandbox: Sandbox) -> None:
    await sandbox.control("demand", burst=600)
    rows = (await everything(sandbox))["orders"]
    odd = [o for o in rows if o["risk"] or o["refund"] != "none" or any(not x["sku"] for x in o["lines"])]
    assert 0.03 < len(odd) / len(rows) < 0.12
    assert {o["platform"] for o in rows} == {"taobao", "jd", "pinduoduo", "shopee"}


async def test_control_changes_an_order(sandbox: Sandbox) -> None:
    [one] = await sandbox.place("taobao", state="unpaid")
    subject = {"platform": "taobao", "external_id": one}
    sandbox.now += 5
    assert (await sandbox.control("pay", **subject))["state"] == "paid"
    assert (await sandbox.control("address", **subject))["address_version"] == 2
    assert (await sandbox.control("refund", **subject, to="asked"))["refund"] == "asked"
    assert (await sandbox.control("refund", **subject, to="none"))["refund"] == "none"
    assert (await sandbox.control("risk", **subject))["platform_state"] == "PAID_FORBID_CONSIGN"
    assert (await sandbox.control("risk", **subject, on=False))["modified"] == int(sandbox.now)
    assert (await sandbox.control("cancel", **subject))["platform_state"] == "TRADE_CLOSED"
    missing = await sandbox.http.post("/control/cancel", json=subject | {"external_id": "1"})
    assert missing.status_code == 404


async def test_control_is_for_this_machine_and_not_for_web_pages(sandbox: Sandbox) -> None:
    far = httpx.ASGITransport(sandbox.app, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=far, base_url="http://127.0.0.1") as stranger:
        assert (await stranger.post("/control/demand", json={"burst": 1})).status_code == 401
        assert (await stranger.get("/health")).status_code == 200
    page = await sandbox.http.post("/control/demand", json={"burst": 1}, headers={"Origin": "http://127.0.0.1:1"})
    assert page.status_code == 401
    assert (await everything(sandbox))["orders"] == []


async def test_faults_are_counted_and_cleared(sandbox: Sandbox) -> None:
    await sandbox.control("faults", kind="fail_before", platform="shopee", after_calls=1, times=2, status=503)
    path, query = "/shopee/api/v2/order/get_order_list", sandbox.shopee_query("/api/v2/order/get_order_list")
    codes = [(await sandbox.http.get(path, params=query)).status_code for _ in range(4)]
    assert codes == [200, 503, 503, 200]
    assert (await sandbox.http.get("/control/faults")).json()["faults"][0]["used"] == 2
    await sandbox.http.delete("/control/faults")
    assert (await sandbox.http.get("/control/faults")).json() == {"faults": []}
    bad = await sandbox.http.post("/control/faults", json={"kind": "meteor"})
    assert bad.status_code == 400


@pytest.mark.parametrize(("kind", "at_once"), [("latency", False), ("lost_answer", True)])
async def test_a_slow_call_and_a_late_answer(sandbox: Sandbox, kind: str, at_once: bool) -> None:
    """latency: the work waits, too; lost_answer: it is done at once, only the answer is late."""
    [one] = await sandbox.place("jd")
    query = {"orderId": int(one), "logiCoprId": "900001", "logiNo": "SLX000070000001"}
    await sandbox.control("faults", kind=kind, platform="jd", delay_ms=300)
    call = asyncio.create_task(sandbox.jd("jingdong.pop.order.shipment", query))
    await asyncio.sleep(0.1)
    assert ((await sandbox.look("jd", one))["state"] == "shipped") == at_once
    assert not call.done()
    await call
    assert (await sandbox.look("jd", one))["state"] == "shipped"


async def test_a_body_over_the_limit_is_refused() -> None:
    box = Sandbox(knobs=Knobs(body_limit=1000))
    answer = await box.http.post("/taobao/router/rest", data={"pad": "x" * 2000})
    assert answer.status_code == 413


async def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "sandbox.json"
    box = Sandbox(seed=7, path=path)
    async with box.app.lifespan():
        await box.control("demand", burst=20, rate_per_min=1)
        number = (await box.waybill()).json()["waybill_no"]
        [one] = await box.place("taobao")
        await box.taobao("taobao.logistics.offline.send", tid=one, out_sid=number, company_code="SLX")
        await box.carrier("POST", "handovers", {"waybill_nos": [number]})
        before = await everything(box)
    again = Sandbox(seed=99, path=path)  # the saved seed holds
    again.now = box.now
    async with again.app.lifespan():
        assert await everything(again) == before
        assert (await again.waybill()).json()["waybill_no"] == number
        [next_one] = await again.place("taobao")
        assert int(next_one) > int(one) and next_one[:8] == one[:8]
        again.now += 60
        assert (await again.look("taobao", one))["state"] == "completed"
        assert (await again.http.get("/control/stats")).json()["rate_per_min"] == 1


async def test_a_change_is_written_soon_without_a_shutdown(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    box = Sandbox(path=path)
    async with box.app.lifespan():
        [one] = await box.place("jd")
        for _ in range(40):
            await asyncio.sleep(0.05)
            if one in path.read_text():
                break
        assert one in json.loads(path.read_text())["orders"]["jd"]
        assert list(tmp_path.iterdir()) == [path]  # nothing half-written lies about


def test_a_file_that_is_no_state_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    for content in ("{", '{"seed": 1, "format": 99}'):
        path.write_text(content)
        with pytest.raises(Invalid, match=r"sandbox\.json"):
            create_app(1, path)
        assert path.read_text() == content


async def test_a_full_disk_is_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box, real = Sandbox(path=tmp_path / "s.json"), store.write
    async with box.app.lifespan():

        def full(path: Path, content: bytes) -> None:
            raise OSError("no space")

        monkeypatch.setattr(store, "write", full)
        [one] = await box.place("jd")
        await asyncio.sleep(0.7)
        monkeypatch.setattr(store, "write", real)
        await asyncio.sleep(0.8)
        assert one in (tmp_path / "s.json").read_text()


def test_as_a_process(tmp_path: Path) -> None:
    """Ready when it says so; a SIGTERM ends it and keeps the state."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    ready = tmp_path / "ready"
    env = os.environ | {
        "SANDBOX_PORT": str(port),
        "SANDBOX_STATE": str(tmp_path / "s.json"),
        "SANDBOX_RATE": "6",
        "SANDBOX_SEED": "12",
        "READY_FILE": str(ready),
    }
    code = "from server import settings\nfrom server.sandbox import serve\nserve.main(settings.load())"
    process = subprocess.Popen([sys.executable, "-c", code], env=env)
    try:
        until = time.monotonic() + 20
        while not ready.exists() and time.monotonic() < until:
            assert process.poll() is None
            time.sleep(0.05)
        url = f"http://127.0.0.1:{port}/control"
        placed = httpx.post(f"{url}/orders", json={"platform": "taobao", "count": 2}).json()
        stats = httpx.get(f"{url}/stats").json()
        assert (stats["seed"], stats["rate_per_min"]) == (12, 6.0)
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    finally:
        process.kill()
        process.wait()
    assert set(placed["ids"]) <= set(json.loads((tmp_path / "s.json").read_text())["orders"]["taobao"])
