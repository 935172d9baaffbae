"""Chromium as a process of our own on a profile of its own, so that it can be killed like a phone whose battery is
pulled, and started again. Playwright drives it over CDP. Phone and Desk are what people do in it.

Our CSP forbids eval, so Playwright's wait_for_function cannot be used: conditions are polled.
"""

import base64
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from playwright.sync_api import ConsoleMessage, Error, Locator, Page, Playwright, Response, expect

from scripts import system
from tests.e2e.house import ROOT, until

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--password-store=basic",
    "--lang=zh-CN",
    "--remote-debugging-port=0",
]
PATIENCE_MS = 30_000
WAVE, PICK, PARCEL, TASK, VERDICT = 1, 2, 3, 4, 5
FOREIGN = 7

_READER_GAP_MS = 140
"""Keys further apart are a person's to the app (pwa/src/scan/burst.ts), if only because this machine was busy."""
_WATCH_KEYS = """() => {
    if (!window.keysAt) addEventListener('keydown', (e) => window.keysAt.push(e.timeStamp), true)
    window.keysAt = []
}"""
_LONGEST_GAP = "() => Math.max(0, ...window.keysAt.map((at, i, all) => i ? at - all[i - 1] : 0))"

expect.set_options(timeout=PATIENCE_MS)


class Browser:
    """One Chromium."""

    size = (1440, 900)
    scale = 1.0
    mobile = False

    def __init__(self, playwright: Playwright, profile: Path, url: str) -> None:
        self.profile, self.url = profile, url
        self.errors: list[str] = []
        """What the console and the page complained of, but for a network that is not there."""
        self._playwright = playwright
        self.start()

    # -- its life

    def start(self) -> None:
        """Start on the profile as it is and open the app."""
        program = system.browser()
        assert program, "no Chromium: apt-get install chromium, or name it by CHROMIUM=/path"
        self.profile.mkdir(parents=True, exist_ok=True)
        for left in ("SingletonLock", "SingletonSocket", "SingletonCookie", "DevToolsActivePort"):
            (self.profile / left).unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self.profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TZ": "Asia/Shanghai", "LANGUAGE": "zh_CN"},
            start_new_session=True,
        )
        port = until("a debugging port", self._port, 60)
        self._browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        context = self._browser.contexts[0]
        context.set_default_timeout(PATIENCE_MS)
        self.page: Page = context.pages[0] if context.pages else context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda e: self.errors.append(f"uncaught: {e}"))
        self.page.on("response", self._answered)
        self._cdp = context.new_cdp_session(self.page)  # what is emulated lasts as long as its session
        self.shape(*self.size)
        self.page.goto(self.url)

    def _port(self) -> str:
        assert self.process.poll() is None, f"Chromium ended with {self.process.returncode}"
        said = self.profile / "DevToolsActivePort"
        return said.read_text().split("\n")[0] if said.exists() else ""

    def shape(self, width: int, height: int, *, dark: bool = False) -> None:
        """The screen, whether it is a phone's, and its colour scheme."""
        self._shape = (width, height)
        metrics = {"width": width, "height": height, "deviceScaleFactor": self.scale, "mobile": self.mobile}
        self._cdp.send("Emulation.setDeviceMetricsOverride", metrics)
        self._cdp.send("Emulation.setTouchEmulationEnabled", {"enabled": self.mobile, "maxTouchPoints": 5})
        self._cdp.send("Emulation.setScrollbarsHidden", {"hidden": self.mobile})
        scheme = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self._cdp.send("Emulation.setEmulatedMedia", {"features": scheme})

    def picture(self) -> bytes:
        """What the screen shows, in its own pixels, as PNG."""
        return base64.b64decode(self._cdp.send("Page.captureScreenshot", {"format": "png"})["data"])

    def kill(self) -> None:
        """SIGKILL to every process of it: what was not written is gone."""
        for pid in self._processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it went with its parent
        self.process.wait()
        until("the last process of Chromium is gone", lambda: not self._processes(), 20)

    def close(self) -> None:
        """End it in order: cookies and all else are written to the profile."""
        if self.process.poll() is None:
            try:
                self._browser.new_browser_cdp_session().send("Browser.close")
                self.process.wait(10)
            except (Error, subprocess.TimeoutExpired):
                pass  # it went while it was asked, or hangs: killed below, with its children
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # all of it has ended
        self.process.wait()

    def _processes(self) -> list[int]:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                ours = os.fsencode(self.profile) in (entry / "cmdline").read_bytes()
                if ours and (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended while we looked
        return found

    def _heard(self, message: ConsoleMessage) -> None:
        # A failed request is the network's or the server's word; the app tells it to the person. See _answered.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.errors.append(message.text)

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.errors.append(f"{response.status} {response.url}")

    # -- what both faces have

    def log_in(self, login: str, password: str, device: str = "") -> None:
        self.page.get_by_label("账号", exact=True).fill(login)
        self.page.get_by_label("密码", exact=True).fill(password)
        if device:
            self.page.get_by_label("这台设备叫什么").fill(device)
        self.page.get_by_role("button", name="登录", exact=True).click()

    def sees(self, text: str | re.Pattern[str]) -> Locator:
        """Wait for a visible text."""
        found = self.page.get_by_text(text).first
        expect(found).to_be_visible()
        return found

    def installed(self) -> None:
        """Wait until the service worker has all files and answers for this page's next start."""
        script = (
            "navigator.serviceWorker.getRegistration().then(r => !!(r && r.active && r.active.state === 'activated'))"
        )
        until("a service worker", lambda: self.page.evaluate(script))


class Phone(Browser):
    """A picker's phone: 390 × 844, touch, a reader that types."""

    size = (390, 844)
    scale = 2.0
    mobile = True

    def on_floor(self) -> None:
        expect(self.page.locator(".f-head")).to_be_visible()

    def home(self) -> None:
        self.page.goto(f"{self.url}/#/floor")
        expect(self.page.locator("#go-pick")).to_be_visible()

    def go(self, action: str) -> None:
        """pick, pack or out, from the home screen."""
        self.home()
        self.page.locator(f"#go-{action}").click()

    def scan(self, code: str) -> bool:
        """As a reader types: fast keys and Enter, wherever the focus is. False: this machine was too slow to do so."""
        self.page.evaluate(_WATCH_KEYS)
        self.page.keyboard.type(code)
        self.page.keyboard.press("Enter")
        return float(self.page.evaluate(_LONGEST_GAP)) < _READER_GAP_MS

    def card(self) -> tuple[str, str]:
        """The result card: its tone and its words."""
        card = self.page.locator("[data-tone]").first
        return (card.get_attribute("data-tone") or "", card.inner_text().replace("\n", " "))

    def scan_for(self, code: str, tone: str, *words: str) -> str:
        """Scan, and wait for the card to take this tone and say these words; its words."""

        def settled() -> str:
            said_tone, said = self.card()
            return said if said_tone == tone and all(w in said for w in words) else ""

        for _ in range(5):
            if self.scan(code):
                return until(f"{tone}: {words} after {code}", settled, PATIENCE_MS / 1000, 0.02)
            try:  # Keys with the gaps of a person: the app may have taken them for a scan, a piece of one or nothing.
                return until("a scan after all", settled, 1, 0.02)
            except AssertionError:
                continue
        raise AssertionError(f"this machine is too slow to play a reader: {self.card()}")

    def unsent(self) -> int:
        """待上传, as the header shows it."""
        return int(re.sub(r"\D", "", self.page.locator(".f-link b").inner_text()) or -1)

    # -- what the device holds

    def rows(self, shape: int) -> list[list[Any]]:
        """Rows of a shape as they lie in IndexedDB, in wire order."""
        return [
            msgspec.msgpack.decode(bytes(r))
            for r in self._stored("rows", f"IDBKeyRange.bound([{shape}], [{shape}, []])")
        ]

    def outbox(self) -> list[dict[str, Any]]:
        """Events that were not acknowledged: id, n, kind, body; in their order."""
        events = [e for e in self._stored("outbox", "undefined") if e["queued"] == 1]
        return sorted(events, key=lambda e: int(e["n"]))

    def acts(self) -> list[dict[str, Any]]:
        """Those of them that count something: all but notes of a strange code."""
        return [e for e in self.outbox() if e["kind"] != FOREIGN]

    def _stored(self, store: str, keys: str) -> list[Any]:
        found: list[Any] = self.page.evaluate(
            f"""() => new Promise((yes, no) => {{
                const asked = indexedDB.open('zhongshu')
                asked.onerror = () => no(asked.error)
                asked.onsuccess = () => {{
                    const all = asked.result.transaction('{store}').objectStore('{store}').getAll({keys})
                    all.onerror = () => no(all.error)
                    all.onsuccess = () => {{
                        asked.result.close()
                        yes(all.result.map((x) => x instanceof Uint8Array ? Array.from(x)
                            : {{ id: x.id, n: x.n, kind: x.kind, queued: x.queued, body: x.body }}))
                    }}
                }}
            }})"""
        )
        return found


class Desk(Browser):
    """A person at a desk: 1440 × 900, mouse and keyboard."""

    def open_order(self, no: str) -> None:
        """Search an order as one does, and open it."""
        self.page.goto(f"{self.url}/#/orders")
        self.page.get_by_label("搜订单号、平台单号、面单号").fill(no)
        self.page.locator("[data-row]").filter(has_text=no).first.click()
        expect(self.page.get_by_role("article")).to_contain_text(no)

    def toast(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()


B = TypeVar("B", bound=Browser)


@contextmanager
def browsing(playwright: Playwright, kind: type[B], folder: Path, url: str) -> Iterator[B]:
    """A browser that has ended when the block has, and a picture of its last moment when the block failed."""
    browser = kind(playwright, folder / "profile", url)
    try:
        yield browser
    except BaseException:
        _picture(browser)
        raise
    finally:
        browser.close()
        shutil.rmtree(folder / "profile", ignore_errors=True)


def _picture(browser: Browser) -> None:
    """For whoever reads the failure: .pytest_cache/e2e/<time>.png. A browser that is gone gives none."""
    if browser.process.poll() is not None:
        return
    folder = ROOT / ".pytest_cache" / "e2e"
    folder.mkdir(parents=True, exist_ok=True)
    browser.page.screenshot(path=folder / f"{type(browser).__name__.lower()}-{browser.process.pid}.png")
