"""The settings, read from the environment once, at the start of a process.

Beside it only words between processes are read there: READY_FILE (serving, workers, sandbox) and SANDBOX_*.
"""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from server.errors import Invalid


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation may choose. See .env.example for the words to a person."""

    database_url: str = ""
    """PostgreSQL >= 15. Empty: the embedded one under data_dir."""
    redis_url: str = ""
    """Redis >= 7 or Valkey. Empty: the embedded one."""
    data_dir: Path = Path(".zhongshu/data")
    key_file: Path = Path(".zhongshu/keys/key")
    """The installation's key, 0600, outside the data folder and so outside its backups."""
    port: int = 8720
    sandbox_port: int = 8721
    lan: bool = False
    """Listen on all addresses, not only 127.0.0.1."""
    public_url: str = ""
    """The address people type. https makes the session cookie Secure."""
    demo: bool = False
    """Demo logins and the sandbox. Adding a real shop switches it off."""
    tz: str = "Asia/Shanghai"
    """The zone in which the shop's days begin."""
    log_level: str = "info"
    pwa_dir: Path = Path("pwa/dist")
    workers: int = 1
    """Worker processes under the supervisor."""

    @property
    def host(self) -> str:
        return "0.0.0.0" if self.lan else "127.0.0.1"

    @property
    def url(self) -> str:
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def secure(self) -> bool:
        return self.url.startswith("https://")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.tz)

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"


def demo_ended(data_dir: Path) -> bool:
    """A real shop was added to a demo: no demo logins and no sandbox from then on."""
    return (data_dir / "demo_ended").exists()


def _number(env: dict[str, str], name: str, default: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Invalid("bad_setting", f"{name} 应为 1–65535 的整数，现为 {text!r}")
    return int(text)


def load(env: dict[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises Invalid when a value cannot be understood.
    """
    e = dict(os.environ) if env is None else env
    port = _number(e, "PORT", 8720)
    data_dir = Path(e.get("DATA_DIR") or ".zhongshu/data").absolute()
    return Settings(
        database_url=e.get("DATABASE_URL", ""),
        redis_url=e.get("REDIS_URL", ""),
        data_dir=data_dir,
        key_file=Path(e.get("KEY_FILE") or ".zhongshu/keys/key").absolute(),
        port=port,
        sandbox_port=_number(e, "SANDBOX_PORT", port + 1),
        lan=e.get("LAN") == "1",
        public_url=e.get("PUBLIC_URL", ""),
        demo=e.get("DEMO") == "1" and not demo_ended(data_dir),
        tz=e.get("TZ_SHOP") or "Asia/Shanghai",
        log_level=e.get("LOG_LEVEL") or "info",
        pwa_dir=Path(e.get("PWA_DIR") or Path(__file__).parent.parent / "pwa" / "dist").absolute(),
        workers=_number(e, "WORKERS", 1),
    )
