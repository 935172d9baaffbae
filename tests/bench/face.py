"""Scan → green on the phone face, at 6× CPU throttle, in Chromium: from the reader's Enter to the painted card."""

import asyncio
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.bench.sync_bench import spread
from tests.e2e import floor
from tests.e2e.browser import Phone, browsing
from tests.e2e.house import House

SCANS = 40
THROTTLE = 6

# Registered before the app's own script: the app swallows the Enter that ends a scan.
_HEAR = "addEventListener('keydown', (e) => { if (e.key === 'Enter') window.enterAt = e.timeStamp }, true)"
# Counts from that Enter to the frame in which the card says something new.
_WATCH = """() => {
  window.greens = []
  window.enterAt = 0
  const card = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest('[data-tone]')
  new MutationObserver((changes) => {
    if (!window.enterAt || !changes.some((c) => card(c.target))) return
    const from = window.enterAt
    window.enterAt = 0
    requestAnimationFrame(() => setTimeout(() => window.greens.push(performance.now() - from)))
  }).observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true })
}"""


async def measure(folder: Path) -> dict[str, Any]:
    """One line of many units, scanned one after the other; plain and throttled."""
    return await asyncio.to_thread(_measure, folder)


def _measure(folder: Path) -> dict[str, Any]:
    house = House(folder)
    try:
        placed = house.control.place("taobao", *["CAP-BLK"] * (3 * SCANS + 20))
        with sync_playwright() as driver, browsing(driver, Phone, folder / "phone", house.url) as phone:
            device = floor.at_work(house, phone, "bench")
            wave = floor.wave_for(house, device, floor.ready(house, [placed]))
            floor.arrived(phone, wave["no"])
            code = floor.to_scan(phone, wave["id"])[0]
            phone.page.add_init_script(_HEAR)
            phone.page.reload()
            phone.go("pick")
            phone.page.evaluate(_WATCH)
            plain = _scans(phone, code)
            phone._cdp.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
            slow = _scans(phone, code)
            phone._cdp.send("Network.enable")
            dead = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
            phone._cdp.send("Network.emulateNetworkConditions", dead)
            alone = _scans(phone, code)
            phone._cdp.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    finally:
        house.stop()
    return {
        "scans": len(slow),
        "throttle": THROTTLE,
        "green": _with_p95(slow),
        "green_offline": _with_p95(alone),
        "green_unthrottled": _with_p95(plain),
    }


def _scans(phone: Phone, code: str) -> list[float]:
    phone.page.evaluate("() => { window.greens = [] }")
    for _ in range(SCANS):
        phone.scan_for(code, "right", "对")
        phone.page.wait_for_timeout(60)
    found: list[float] = phone.page.evaluate("() => window.greens")
    assert len(found) >= SCANS // 2, f"only {len(found)} of {SCANS} scans were seen to turn green"
    return [ms / 1000 for ms in found]


def _with_p95(seconds: list[float]) -> dict[str, float]:
    return spread(seconds) | {"p95_ms": round(sorted(seconds)[int(len(seconds) * 0.95)] * 1000, 1)}
