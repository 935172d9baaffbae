"""Connecting shops from the command line: what `zhongshu shop` says."""

from uuid import UUID

from server.errors import NotFound
from server.kit import clock, db
from server.platforms import connect, demo, http, queries, registry
from server.platforms.connect import NewShop
from server.settings import Settings

_STATES = {"new": "未授权", "on": "已启用", "off": "已停用", "needs_auth": "授权已失效"}


async def add(
    settings: Settings, platform: str, name: str, app_key: str, app_secret: str, external_id: str, base_url: str
) -> str:
    """Register a shop. What to do next, in words. Raises Invalid, Conflict."""
    demo.check(base_url, settings, await queries.own_managers(demo.LOGINS))
    new = NewShop(
        platform=platform,
        name=name,
        app_key=app_key,
        app_secret=app_secret,
        external_id=external_id,
        base_url=base_url,
    )
    shop_id = await connect.add(new, lambda code: code in registry.CODES)
    words = [f"已登记店铺 {name}。"]
    if await demo.end(base_url, settings):
        words.append("演示账号、演示店铺已停用；重启后不再是演示模式。")
    async with http.new_client() as client:
        url = await connect.begin(shop_id, lambda code: registry.connect(code, client), settings.url)
    words.append(
        f"请店主在 30 分钟内打开下面的地址并同意授权（平台后台的回调地址填 {settings.url}/hooks/consent）：\n{url}"
    )
    words.append(f"然后运行：zhongshu shop test {name}")
    return "\n".join(words)


async def try_out(name: str) -> tuple[bool, str]:
    """The trial calls of one shop, by its name or number. Raises NotFound."""
    found = await db.rows(
        "select id, name from shop where name = $1 or external_id = $1 or id::text = $1 order by created_at", name
    )
    if len(found) != 1:
        raise NotFound(
            "no_shop", f"没有叫 {name} 的店铺" if not found else f"有 {len(found)} 家店叫 {name}，请用平台店铺号"
        )
    shop_id: UUID = found[0]["id"]
    async with http.new_client() as client:
        steps = await connect.try_out(shop_id, lambda code: registry.connect(code, client))
    lines = [f"{'✓' if s.ok else '✗'} {s.name}：{s.message}" + (f"\n    {s.hint}" if s.hint else "") for s in steps]
    return all(s.ok for s in steps), "\n".join(lines)


async def listed() -> str:
    """One line for each shop."""
    found = await db.rows("select name, platform, state, trouble, last_pull_at from shop order by created_at")
    if not found:
        return "还没有店铺：zhongshu shop add"
    now = clock.now()
    return "\n".join(
        f"{r['name']} ({r['platform']}) {_STATES.get(r['state'], r['state'])}"
        + (f"，{int((now - r['last_pull_at']).total_seconds())} 秒前拉过单" if r["last_pull_at"] else "，还没有拉过单")
        + (f"：{r['trouble']}" if r["trouble"] else "")
        for r in found
    )
