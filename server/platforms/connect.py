"""Connecting shops: adding one, sending its owner to say yes, taking the answer, switching it, trying it out."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from server.errors import Conflict, Error, Invalid, NotFound, Rejected
from server.events import ShopAdded, ShopRenewed, ShopTurned
from server.kit import clock, crypto, db
from server.kit.context import actor
from server.kit.ids import uuid7
from server.kit.jobs import NewJob
from server.platforms import actions, queries, tokens
from server.platforms.port import Grant, Platform, Shop, Window
from server.tasks import moves as tasks

GATEWAYS: Final = {
    "taobao": "https://eco.taobao.com",
    "jd": "https://api.jd.com",
    "jdsp": "https://api-cn.jd.com",
    "pinduoduo": "https://gw-api.pinduoduo.com",
    "shopee": "https://partner.shopeemobile.com",
}
_LOCK: Final = 0x7A68_6363
CONSENT_LASTS: Final = timedelta(minutes=30)
_WORD_IN_PATH: Final = frozenset({"shopee"})
"""It hands no state back: the word is part of the address it returns to."""


Word = Annotated[str, msgspec.Meta(max_length=500, pattern=r"\A[^\x00-\x1f\x7f]*\Z")]
"""One line. Tokens of some platforms are some hundred characters long."""


class ShopSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What may be chosen for a shop; what is left out is as usual."""

    pull_every_s: Annotated[int, msgspec.Meta(ge=5, le=3600)] | None = None
    refunds_every_s: Annotated[int, msgspec.Meta(ge=5, le=3600)] | None = None
    lag_s: Annotated[int, msgspec.Meta(ge=0, le=3600)] | None = None
    overlap_s: Annotated[int, msgspec.Meta(ge=60, le=86_400)] | None = None
    calls_per_s: Annotated[float, msgspec.Meta(ge=0.01, le=1000)] | None = None
    carriers: dict[str, Word] | None = None
    """Our carrier codes -> the platform's, where they differ from what the adapter knows."""
    own: dict[Word, Word | int | bool | dict[Word, Word]] | None = None
    """What only this platform's adapter knows (jd/own.py, jdsp/own.py)."""


class NewShop(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens may be given by hand; without them the owner is sent to the platform."""

    platform: Word
    name: Word
    app_key: Word
    app_secret: Word
    external_id: Word = ""
    access_token: Word = ""
    refresh_token: Word = ""
    base_url: Word = ""
    options: ShopSettings = ShopSettings()


class Step(msgspec.Struct, frozen=True):
    """One trial call. hint: what to do when it failed."""

    name: str
    ok: bool
    message: str
    hint: str = ""


async def add(new: NewShop, known: Callable[[str], bool]) -> UUID:
    """Register a shop. known: is there an adapter of that code. Raises Invalid, Conflict."""
    if not known(new.platform):
        raise Invalid("no_platform", "没有这个平台")
    for text, what in ((new.name, "店铺名称"), (new.app_key, "应用标识"), (new.app_secret, "应用密钥")):
        if not text.strip() or len(text) > 200:
            raise Invalid("missing", f"请填写{what}")
    base = new.base_url.strip() or GATEWAYS.get(new.platform, "")
    if not base.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise Invalid("bad_address", "接口地址应以 https:// 开头")
    shop_id = uuid7()
    external = new.external_id.strip() or f"?{shop_id}"
    secret = {
        "app_secret": new.app_secret.strip(),
        "access_token": new.access_token.strip(),
        "refresh_token": new.refresh_token.strip(),
    }
    async with db.transaction() as tx:
        if await db.value("select 1 from shop where platform = $1 and external_id = $2", new.platform, external):
            raise Conflict("shop_known", "这家店铺已经接入，请在它那一行重新授权")
        key_id, key = await crypto.lasting_key(shop_id)
        await db.run(
            """insert into shop(id, platform, external_id, name, base_url, app_key, secret, secret_key, settings, state,
                                watermark, refund_watermark)
               values($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $11)""",
            shop_id,
            new.platform,
            external,
            new.name.strip(),
            base,
            new.app_key.strip(),
            crypto.seal(key_id, key, msgspec.json.encode(secret), f"shop|secret|{shop_id}"),
            key_id,
            db.jsonb(msgspec.to_builtins(new.options)),
            "on" if secret["access_token"] else "new",
            clock.now() - timedelta(hours=1),
        )
        await tx.emit(ShopAdded(subject=shop_id, to={"platform": new.platform, "name": new.name.strip()}))
        if secret["access_token"]:
            tx.enqueue(NewJob(kind="platforms.pull", key=str(shop_id), args={"shop_id": str(shop_id)}))
    return shop_id


async def begin(shop_id: UUID, platform: Callable[[str], Platform], url: str) -> str:
    """The address to which the owner is sent. url: where this installation is reached from outside."""
    shop, row = await queries.get_shop(shop_id)
    if row["state"] == "off":
        raise Conflict("shop_off", "店铺已停用，请先启用")
    word = secrets.token_urlsafe(24)
    redirect = f"{url.rstrip('/')}/hooks/consent"
    if shop.platform in _WORD_IN_PATH:
        redirect = f"{redirect}/{word}"
    address = platform(shop.platform).authorise_url(shop, redirect, word)
    async with db.transaction():
        await db.run(
            "insert into shop_consent(id, shop, word, redirect, person) values($1, $2, $3, $4, $5)",
            uuid7(),
            shop_id,
            _hash(word),
            redirect,
            actor().person,
        )
    return address


async def finish(word: str, given: Mapping[str, str], platform: Callable[[str], Platform]) -> UUID:
    """The owner came back with a code. The word works once. Returns the shop.

    Raises Invalid (an unknown, used or late word; no code), and what the platform says.
    """
    async with db.transaction():
        r = await db.row(
            """update shop_consent set used_at = now()
               where word = $1 and used_at is null and made_at > now() - $2::interval returning shop, redirect""",
            _hash(word),
            CONSENT_LASTS,
        )
    if r is None:
        raise Invalid("bad_consent", "这次授权已过期或已用过，请回到店铺页重新发起")
    code = given.get("code", "")
    if not code:
        raise Invalid("consent_refused", "平台没有给出授权码，店主可能没有同意")
    await accept(r["shop"], code, r["redirect"], given, platform)
    shop_id: UUID = r["shop"]
    return shop_id


async def accept(
    shop_id: UUID, code: str, redirect: str, given: Mapping[str, str], platform: Callable[[str], Platform]
) -> None:
    """Trade a code for tokens and keep them. Raises Conflict when they are of another shop."""
    shop, row = await queries.get_shop(shop_id)
    adapter = platform(shop.platform)
    grant = await adapter.exchange(shop, code, redirect, given)
    external = grant.external_id
    if not external and row["external_id"].startswith("?"):
        account = await adapter.account(msgspec.structs.replace(shop, access_token=grant.access_token))
        external = account.external_id
    if external and external != row["external_id"]:
        if not row["external_id"].startswith("?"):
            raise Conflict("another_shop", f"授权的是另一家店（{external}），不是 {row['external_id']}，没有保存")
        async with db.transaction():
            if await db.value("select 1 from shop where platform = $1 and external_id = $2", shop.platform, external):
                raise Conflict("shop_known", "这家店铺已经接入，请在它那一行重新授权")
            await db.run("update shop set external_id = $2 where id = $1", shop_id, external)
    await tokens.keep(shop_id, grant)


async def named(shop: Shop, adapter: Platform) -> bool:
    """Whose shop is it? Tokens that were brought by hand do not say. False: it is connected already, and pulling it
    here too would take each of its orders twice."""
    if not shop.external_id.startswith("?"):
        return True
    try:
        external = (await adapter.account(shop)).external_id
    except Rejected:
        return True  # it does not tell: an order that comes twice is held in review
    if not external:
        return True
    async with db.transaction():
        await db.run("select pg_advisory_xact_lock($1, hashtext($2))", _LOCK, f"{shop.platform} {external}")
        known = await db.value(
            "select name from shop where platform = $1 and external_id = $2", shop.platform, external
        )
        if known is None:
            await db.run("update shop set external_id = $2 where id = $1", UUID(shop.id), external)
            return True
    await actions.troubled(UUID(shop.id), f"这家店铺已经接入（{known}），没有从这里拉单，请停用其中一个")
    return False


async def enter_tokens(shop_id: UUID, access_token: str, refresh_token: str = "") -> None:
    """Tokens that a person brought. Until when they hold is not known."""
    if not access_token.strip():
        raise Invalid("missing", "请填写访问令牌")
    await queries.get_shop(shop_id)
    await tokens.keep(shop_id, Grant(access_token.strip(), refresh_token.strip()))


async def change(shop_id: UUID, name: str, app_secret: str, settings: dict[str, Any] | None) -> None:
    """Another name, app secret ("": as it is) or settings (those named; a value of None: as usual again).

    Raises Invalid, NotFound.
    """
    if not name.strip():
        raise Invalid("missing", "请填写店铺名称")
    async with db.transaction() as tx:
        r = await _locked(shop_id)
        given = {"app_secret": app_secret.strip()} if app_secret.strip() else {}
        await db.run(
            """update shop set name = $2, secret = $3,
                      settings = jsonb_strip_nulls(settings || coalesce($4::jsonb, '{}')) where id = $1""",
            shop_id,
            name.strip()[:200],
            await tokens.resealed(r, **given),
            None if settings is None else db.jsonb(settings),
        )
        await tx.emit(ShopRenewed(subject=shop_id))


async def turn(shop_id: UUID, on: bool) -> None:
    """Switch a shop off (nothing is asked of its platform any more) or on. Raises NotFound, Conflict."""
    async with db.transaction() as tx:
        r = await db.row("select state from shop where id = $1 for update", shop_id)
        if r is None:
            raise NotFound("no_shop", "没有这个店铺")
        if on == (r["state"] != "off"):
            return
        state = "on" if on else "off"
        await db.run("update shop set state = $2, trouble = '', failures = 0, open_until = null where id = $1", shop_id,
                     state)  # fmt: skip
        await tx.emit(ShopTurned(subject=shop_id, to={"state": state}))
        if on:
            tx.enqueue(NewJob(kind="platforms.pull", key=str(shop_id), args={"shop_id": str(shop_id)}))


async def _locked(shop_id: UUID) -> Any:
    r = await db.row("select id, secret, secret_key from shop where id = $1 for update", shop_id)
    if r is None:
        raise NotFound("no_shop", "没有这个店铺")
    return r


async def disconnect(shop_id: UUID) -> None:
    """Forget its tokens: nothing is asked of its platform until its owner says yes again. Its orders stay.

    Raises NotFound.
    """
    async with db.transaction() as tx:
        r = await _locked(shop_id)
        await db.run(
            """update shop set secret = $2, state = 'new', trouble = '', failures = 0, open_until = null,
                      granted_at = null, access_until = null, refresh_until = null where id = $1""",
            shop_id,
            await tokens.resealed(r, access_token="", refresh_token=""),
        )
        await db.run(
            "update backfill set state = 'stopped', ended_at = now() where shop = $1 and state = 'running'", shop_id
        )
        await tasks.close_for(tx, "shop", [shop_id], "dropped", ["needs_auth", "expiring"])
        await tx.emit(ShopTurned(subject=shop_id, to={"state": "new"}, reason="disconnected"))


# -- trying it out --------------------------------------------------------------------------------------------------
async def try_out(shop_id: UUID, platform: Callable[[str], Platform]) -> list[Step]:
    """Harmless signed calls, each with what it means. Changes nothing."""
    shop, row = await queries.get_shop(shop_id)
    adapter = platform(shop.platform)
    if not shop.access_token:
        return [Step("授权", False, "还没有授权", "点「去授权」，由店主在平台上同意")]
    steps: list[Step] = []
    try:
        account = await adapter.account(shop)
    except Error as e:
        return [Step("签名与授权", False, e.message, _advice(e))]
    who = f"{account.name}（{account.external_id}）" if account.name else account.external_id
    steps.append(Step("签名与授权", True, f"平台认得这家店：{who}"))
    wrong = account.external_id and account.external_id != row["external_id"]
    if wrong and not row["external_id"].startswith("?"):
        steps.append(Step("店铺", False, f"令牌属于另一家店 {account.external_id}", "请用本店的账号重新授权"))
    off = abs(account.clock_off_s)
    steps.append(
        Step("时钟", off < 60, f"与平台相差 {off:.0f} 秒", "" if off < 60 else "请打开服务器的自动对时（NTP）")
    )
    now = clock.now()
    recent = Window(now - timedelta(minutes=10), now)
    latest = [*adapter.windows(recent.since, now, shop.settings), recent][0]  # PDD lists nothing of the last minutes
    steps.append(await _try("订单", lambda: _first(adapter.changed(shop, latest))))
    if adapter.powers.refunds:
        steps.append(await _try("售后单", lambda: _first(adapter.refunds(shop, recent))))
    if adapter.powers.listings:
        steps.append(await _try("商品", lambda: _first(adapter.listings(shop))))
    steps.append(await _try("快递公司", lambda: _count(adapter, shop)))
    return steps


async def _first(pages: Any) -> int:
    async for page in pages:
        return len(page)
    return 0


async def _count(adapter: Platform, shop: Shop) -> int:
    return len(await adapter.carriers(shop))


async def _try(name: str, call: Callable[[], Any]) -> Step:
    try:
        found = await call()
    except Error as e:
        return Step(name, False, e.message, _advice(e))
    return Step(name, True, f"可以读取，这次看到 {found} 条" if found else "可以读取，目前没有数据")


_ADVICE: Final = {
    "platform_unauthenticated": "请店主重新授权；若反复失效，检查授权时长与子账号权限",
    "platform_timeout": "检查服务器能否上网、防火墙是否放行平台域名",
    "platform_unreachable": "检查服务器能否上网、防火墙是否放行平台域名",
    "platform_unavailable": "平台正忙或限流，过几分钟再试",
    "platform_cannot": "平台没有这项功能，不影响接单",
    "platform_rejected": "到平台控制台检查：应用是否上线、接口权限是否已开通、服务器 IP 是否在白名单、密钥是否填对",
}


def _advice(e: Error) -> str:
    return _ADVICE.get(e.code, "")


def _hash(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()
