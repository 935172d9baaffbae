"""Shops for the desk: how fresh they are, connecting them, trying them out, reading past days once more."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, delete, get, patch, post

from server.accounts.guards import allow
from server.accounts.rules import DESK
from server.kit import clock
from server.platforms import actions, backfill, breaker, connect, demo, listings, pulling, queries, registry
from server.platforms.backfill import BackfillView
from server.platforms.connect import NewShop, ShopSettings, Step, Word
from server.platforms.port import Platform, Powers
from server.settings import Settings, demo_ended


class PullProgress(msgspec.Struct, frozen=True):
    """Of the pull that runs: windows done of how many, orders read."""

    done: int
    of: int
    orders: int


class ListingsRead(msgspec.Struct, frozen=True):
    """at: when its whole list was read last. state: running, failed, "" resting."""

    at: datetime | None
    state: str
    seen: int
    error: str


class ShopView(msgspec.Struct, frozen=True, kw_only=True):
    """watermark: every change before it is stored. resting_until: calls rest because the platform did not answer
    (broken: several times in a row), or said when. next_pull_at: not before; None: not by the clock, or at once."""

    id: UUID
    platform: str
    name: str
    state: str
    last_pull_at: datetime | None
    watermark: datetime
    orders_today: int
    error: str
    external_id: str
    app_key: str
    authorised: bool
    access_until: datetime | None
    refresh_until: datetime | None
    resting_until: datetime | None
    broken: bool
    every_s: float
    next_pull_at: datetime | None
    progress: PullProgress | None
    backfill: BackfillView | None
    waiting: int
    """Pushes that wait to be looked at."""
    refunds_asked: int
    """After-sales cases that the seller must answer."""
    refunds_open: int
    """Those that are not over."""
    powers: Powers
    settings: dict[str, Any]
    demo: bool
    listings: ListingsRead


class ShopPage(msgspec.Struct, frozen=True):
    """consent_url and hooks_url: what is typed into the platforms' consoles. demo: a real shop would end it;
    own_manager: somebody could still manage the house then."""

    rows: list[ShopView]
    consent_url: str
    hooks_url: str
    demo: bool
    own_manager: bool


class Made(msgspec.Struct, frozen=True):
    id: UUID
    demo_ended: bool
    """The demo's logins and shops were switched off by it."""


class Address(msgspec.Struct, frozen=True):
    url: str


class Code(msgspec.Struct, frozen=True):
    """What came back with the owner; the ids: of platforms that name the shop beside the code (Shopee)."""

    code: Word
    shop_id: Word = ""
    main_account_id: Word = ""


class Tokens(msgspec.Struct, frozen=True):
    access_token: Word
    refresh_token: Word = ""


class Change(msgspec.Struct, frozen=True):
    name: Word
    app_secret: Word = ""
    options: ShopSettings | None = None
    unset: Annotated[list[Word], msgspec.Meta(max_length=20)] = []
    """Options that are as usual again."""


class Turn(msgspec.Struct, frozen=True):
    on: bool


class Days(msgspec.Struct, frozen=True):
    day_from: date
    day_to: date


class Trial(msgspec.Struct, frozen=True):
    steps: list[Step]


@get("/shops", guards=[allow(*DESK)])
async def list_shops(settings: Settings) -> ShopPage:
    """The shops and how fresh they are."""
    found = await queries.list_shops(clock.day_start(clock.now(), settings.zone))
    fills = await backfill.latest([r["id"] for r in found])
    base = settings.url.rstrip("/")
    return ShopPage(
        [_view(r, fills.get(r["id"]), settings) for r in found],
        f"{base}/hooks/consent",
        f"{base}/hooks/shopee",
        settings.demo and not demo_ended(settings.data_dir),
        await queries.own_managers(demo.LOGINS) > 0,
    )


def _view(r: Any, fill: BackfillView | None, settings: Settings) -> ShopView:
    said = msgspec.json.decode(r["progress"])
    resting = r["open_until"] if r["open_until"] and r["open_until"] > clock.now() else None
    chosen = msgspec.json.decode(r["settings"])
    every_s = pulling.every(r["state"], str(chosen.get("pull_every_s") or ""))
    by_clock = r["state"] in ("on", "needs_auth") and r["last_pull_at"] is not None
    due = r["last_pull_at"] + timedelta(seconds=every_s) if by_clock else None
    return ShopView(
        id=r["id"],
        platform=r["platform"],
        name=r["name"],
        state=r["state"],
        last_pull_at=r["last_pull_at"],
        watermark=r["watermark"],
        orders_today=r["orders_today"],
        error=r["error"],
        external_id="" if r["external_id"].startswith("?") else r["external_id"],
        app_key=r["app_key"],
        authorised=r["state"] != "new",
        access_until=r["access_until"],
        refresh_until=r["refresh_until"],
        resting_until=resting,
        broken=resting is not None and r["failures"] >= breaker.AFTER,
        every_s=every_s,
        next_pull_at=max(due, resting) if due and resting else due,
        progress=PullProgress(said["done"], said["of"], said["orders"]) if said else None,
        backfill=fill,
        waiting=r["waiting"],
        refunds_asked=r["refunds_asked"],
        refunds_open=r["refunds_open"],
        powers=registry.get(r["platform"]).powers,
        settings=chosen,
        demo=demo.is_demo(r["base_url"], settings),
        listings=_listings(r["listings_at"], msgspec.json.decode(r["listings_said"])),
    )


def _listings(at: datetime | None, said: dict[str, Any]) -> ListingsRead:
    return ListingsRead(at, said.get("state", ""), said.get("seen", 0), said.get("error", ""))


@post("/shops", guards=[allow("manager")])
async def add(data: NewShop, settings: Settings) -> Made:
    """A new shop. A real one ends the demo."""
    demo.check(data.base_url, settings, await queries.own_managers(demo.LOGINS))
    shop_id = await connect.add(data, registry.known)
    return Made(shop_id, await demo.end(data.base_url, settings))


@patch("/shops/{shop_id:uuid}", guards=[allow("manager")], status_code=204)
async def change(shop_id: UUID, data: Change) -> None:
    options = {} if data.options is None else msgspec.to_builtins(data.options)
    await connect.change(shop_id, data.name, data.app_secret, dict.fromkeys(data.unset) | options)


@post("/shops/{shop_id:uuid}/turn", guards=[allow("manager")], status_code=204)
async def turn(shop_id: UUID, data: Turn) -> None:
    await connect.turn(shop_id, data.on)


@post("/shops/{shop_id:uuid}/disconnect", guards=[allow("manager")], status_code=204)
async def disconnect(shop_id: UUID) -> None:
    """Its tokens are forgotten; what it brought stays."""
    await connect.disconnect(shop_id)


@post("/shops/{shop_id:uuid}/consent", guards=[allow("manager")], status_code=200)
async def consent(shop_id: UUID, settings: Settings, connect_to: Callable[[str], Platform]) -> Address:
    """Where the owner of the shop says yes."""
    return Address(await connect.begin(shop_id, connect_to, settings.url))


@post("/shops/{shop_id:uuid}/code", guards=[allow("manager")], status_code=204)
async def code(shop_id: UUID, data: Code, settings: Settings, connect_to: Callable[[str], Platform]) -> None:
    """The code, copied by hand: for an installation that the platform's page cannot send the owner back to."""
    given = {"shop_id": data.shop_id.strip(), "main_account_id": data.main_account_id.strip()}
    redirect = f"{settings.url.rstrip('/')}/hooks/consent"
    await connect.accept(shop_id, data.code.strip(), redirect, {k: v for k, v in given.items() if v}, connect_to)


@post("/shops/{shop_id:uuid}/tokens", guards=[allow("manager")], status_code=204)
async def tokens(shop_id: UUID, data: Tokens) -> None:
    await connect.enter_tokens(shop_id, data.access_token, data.refresh_token)


@post("/shops/{shop_id:uuid}/test", guards=[allow("service", "manager")], status_code=200)
async def try_out(shop_id: UUID, connect_to: Callable[[str], Platform]) -> Trial:
    """Harmless signed calls, each explained."""
    return Trial(await connect.try_out(shop_id, connect_to))


@post("/shops/{shop_id:uuid}/pull", guards=[allow("service", "manager")], status_code=204)
async def pull(shop_id: UUID) -> None:
    """Pull this shop now, ahead of its turn."""
    await actions.pull_soon(shop_id)


@post("/shops/{shop_id:uuid}/listings/pull", guards=[allow("service", "stock", "manager")], status_code=204)
async def pull_listings(shop_id: UUID) -> None:
    """Read all that this shop lists, ahead of its day."""
    await listings.pull_soon(shop_id, lambda code: registry.get(code).powers.listings)


@post("/shops/{shop_id:uuid}/backfill", guards=[allow("service", "manager")], status_code=204)
async def past_days(shop_id: UUID, data: Days) -> None:
    """Read the orders of these days once more."""
    await backfill.start(shop_id, data.day_from, data.day_to)


@delete("/shops/{shop_id:uuid}/backfill", guards=[allow("service", "manager")], status_code=204)
async def stop_past_days(shop_id: UUID) -> None:
    await backfill.stop(shop_id)


router = Router(
    "/",
    route_handlers=[
        list_shops,
        add,
        change,
        turn,
        disconnect,
        consent,
        code,
        tokens,
        try_out,
        pull,
        pull_listings,
        past_days,
        stop_past_days,
    ],
)
