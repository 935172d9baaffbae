"""The end of the demo: a real shop switches its logins, shops and sandbox off, for good."""

from pathlib import Path
from typing import Final

from server.errors import Conflict
from server.events import ShopTurned
from server.kit import db
from server.settings import Settings, demo_ended

LOGINS: Final = ("manager", "kefu", "picker", "kuguan", "caiwu")
"""What the demo calls its people; their names begin with 演示."""


def is_demo(base_url: str, settings: Settings) -> bool:
    """Is it a shop of the sandbox?"""
    return base_url.startswith((settings.sandbox_url, "http://127.0.0.1:", "http://localhost:"))


def check(base_url: str, settings: Settings, own_managers: int) -> None:
    """Raises Conflict: a real shop in a demo whose only managers are the demo's own, who would be locked out."""
    real = settings.demo and not demo_ended(settings.data_dir) and not is_demo(base_url or "https://", settings)
    if real and not own_managers:
        raise Conflict(
            "own_manager_first",
            "接入真实店铺后演示账号会停用。请先建自己的管理账号：zhongshu user add 登录名 --name 姓名",
        )


async def end(base_url: str, settings: Settings) -> bool:
    """Called after a shop was added. True when the demo was ended by it."""
    if not settings.demo or is_demo(base_url or "https://", settings) or demo_ended(settings.data_dir):
        return False
    async with db.transaction() as tx:
        gone = await db.rows(
            """update person set active = false where login = any($1::text[]) and name like '演示%' and active
               returning id""",
            list(LOGINS),
        )
        await db.run(
            "update session set ended_at = now() where person = any($1::uuid[]) and ended_at is null",
            [r["id"] for r in gone],
        )
        shops = await db.rows(
            "update shop set state = 'off' where base_url like $1 || '%' and state <> 'off' returning id",
            settings.sandbox_url,
        )
        await tx.emit(*(ShopTurned(subject=r["id"], to={"state": "off"}, reason="demo_ended") for r in shops))
    _mark(settings.data_dir)
    return True


def _mark(data_dir: Path) -> None:
    """The supervisor sees it and ends the sandbox; the next start is no demo any more."""
    (data_dir / "demo_ended").touch()
