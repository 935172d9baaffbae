"""Scan → green on the phone face, at 6× CPU throttle, in Chromium: from the reader's Enter to the painted card."""

import asyncio
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.bench.sync_bench import spread
from tests.e2e import floor
from tests.e2e.browser import Phone, browsing
from tests.e2e.house import House, until

SCANS = 100
THROTTLE = 6
UNITS = 3 * SCANS + 1

# Registered before the app's own script: the app swallows the Enter that ends a scan.
_HEAR = "addEventListener('keydown', (e) => { if (e.key === 'Enter') window.enterAt = e.timeStamp }, true)"
# Counts from that Enter to the frame in which the card is green and says how many are left after this very scan.
_WATCH = """() => {
  window.greens = []
  window.enterAt = 0
  window.want = ''
  new MutationObserver(() => {
    const card = document.querySelector('[data-tone]')
    if (!window.want || !window.enterAt || card?.dataset.tone !== 'right') return
    if (!card.innerText.includes(window.want)) return
    const from = window.enterAt
    window.want = ''
    requestAnimationFrame(() => setTimeout(() => window.greens.push(performance.now() - from)))
  }).observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true })
}"""


async def measure(folder: Path) -> dict[str, Any]:
    """One line of many units, scanned one after the other; plain and throttled."""
    return await asyncio.to_thread(_measure, folder)


def _measure(folder: Path) -> dict[str, Any]:
    house = House(folder)
    try:
        placed = house.control.place("taobao", *["CAP-BLK"] * UNITS)
        with sync_playwright() as driver, browsing(driver, Phone, folder / "phone", house.url) as phone:
            device = floor.at_work(house, phone, "bench")
            wave = floor.wave_for(house, device, floor.ready(house, [placed]))
            floor.arrived(phone, wave["no"])
            code = floor.to_scan(phone, wave["id"])[0]
            phone.page.add_init_script(_HEAR)
            phone.page.reload()
            phone.go("pick")
            phone.page.evaluate(_WATCH)
            plain = _scans(phone, code, UNITS)
            phone._cdp.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
            slow = _scans(phone, code, UNITS - SCANS)
            phone._cdp.send("Network.enable")
            dead = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
            phone._cdp.send("Network.emulateNetworkConditions", dead)
            alone = _scans(phone, code, UNITS - 2 * SCANS)
            phone._cdp.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    finally:
        house.stop()
    return {
        "scans_each": SCANS,
        "throttle": THROTTLE,
        "green": _with_p95(slow),
        "green_offline": _with_p95(alone),
        "green_unthrottled": _with_p95(plain),
    }


def _scans(phone: Phone, code: str, left: int) -> list[float]:
    """One figure for each of SCANS scans; `left`: how many units the line still wants before the first."""
    phone.page.evaluate("() => { window.greens = [] }")
    for n in range(1, SCANS + 1):
        want = f"还差 {left - n} 件"
        phone.page.evaluate("(want) => { window.want = want }", want)
        phone.scan_for(code, "right", want)
        until("the frame was painted", lambda n=n: phone.page.evaluate("() => window.greens.length") == n, 10, 0.02)
    return [ms / 1000 for ms in phone.page.evaluate("() => window.greens")]


def _with_p95(seconds: list[float]) -> dict[str, float]:
    return spread(seconds) | {"p95_ms": round(sorted(seconds)[int(len(seconds) * 0.95)] * 1000, 1)}
