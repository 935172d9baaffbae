"""Importing a file: read by a child under limits, judged by the hub's own rules, stored whole or by row."""

import asyncio
import hashlib
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Literal
from uuid import UUID

import msgspec

from server.errors import Conflict, Invalid, NotFound, Unavailable
from server.imports import columns, files
from server.kit import clock, context, db
from server.kit.ids import uuid7
from server.orders import actions as reviewing
from server.orders import intake, versions
from server.orders.mapping import bodies, map_order
from server.platforms.port import RawOrder
from server.rulebook import RuleSet

if sys.platform != "win32":
    import fcntl

Mode = Literal["dry", "file", "row"]
Outcome = Literal["new", "held", "known", "older", "bad"]
READ_S: Final = 60
FRESH_S: Final = 5
"""A file that is younger may not have got its lock yet."""
MAX_OUT: Final = 64 * 1024 * 1024
MAX_ROWS_SHOWN: Final = 2_000
_ROOT: Final = Path(__file__).resolve().parents[2]
_ENDED: Final = "文件里这张订单已关闭或有退款，系统里没有：先挂起，请到平台核对"
_BUSY = asyncio.Semaphore(2)
"""Files that are read at a time: each may take a core and some hundred MB."""


class RowView(msgspec.Struct, frozen=True):
    """One order, or one bad row. no: as Excel counts them."""

    no: int
    external_id: str
    outcome: Outcome
    message: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What would become, or became, of a file. id: None where nothing was written down.

    new: to store · held: to store, a person must look · known, older: not touched · bad: rows not to import.
    again: when the very same file was imported before. rows: problems first.
    """

    id: UUID | None
    mode: Mode
    stored: bool
    rows: int
    orders: int
    counts: dict[str, int]
    again: datetime | None
    columns: list[str]
    list: list[RowView]


class Upload(msgspec.Struct, frozen=True):
    path: Path
    size: int
    sha256: bytes


@asynccontextmanager
async def received(chunks: AsyncIterator[bytes], folder: Path) -> AsyncIterator[Upload]:
    """The upload in a file that goes away at the end: it holds buyers in clear. Raises Invalid: too large, empty."""
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    await swept(folder)
    path = folder / f"{uuid7()}.part"
    digest, size = hashlib.sha256(), 0
    try:
        path.touch(mode=0o600)
        with path.open("wb") as file, _held(file):
            async for chunk in chunks:
                size += len(chunk)
                if size > files.MAX_UPLOAD:
                    raise Invalid("file_too_large", f"文件超过 {files.MAX_UPLOAD // 1024 // 1024} MB，请按日期分成几个")
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
            if not size:
                raise Invalid("empty_file", "文件是空的")
            file.flush()
            yield Upload(path, size, digest.digest())
    finally:
        path.unlink(missing_ok=True)


async def swept(folder: Path) -> None:
    """Remove uploads that a process took to its grave: they hold buyers in clear. Call at the start too."""
    await asyncio.to_thread(_sweep, folder)


def _sweep(folder: Path) -> None:
    for left in folder.glob("*.part"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - FRESH_S and _nobodys(left):
                left.unlink()


@contextmanager
def _held(file: IO[bytes]) -> Iterator[None]:
    """A lock that ends with this process, however it ends."""
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_EX)
    yield


def _nobodys(path: Path) -> bool:
    if sys.platform == "win32":
        return True  # what is open cannot be removed there
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


async def table(path: Path) -> list[list[str]]:
    """The rows of a file, read by a child process. Raises Invalid, Unavailable."""
    async with _BUSY:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server.imports.child",
            str(path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=_ROOT,
        )
        assert child.stdout is not None
        out = bytearray()
        try:
            async with asyncio.timeout(READ_S):
                while chunk := await child.stdout.read(256 * 1024):
                    out += chunk
                    if len(out) > MAX_OUT:
                        raise Invalid("too_large", "文件里的文字太多，不导入；请按日期分成几个文件")
                code = await child.wait()
        except TimeoutError:
            raise Invalid("too_slow", "文件太复杂，一分钟还没读完，不导入；请按日期分成几个文件") from None
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
    lines = bytes(out).split(b"\n")
    if code != 0 or len(lines) < 2:
        raise Invalid("too_large", "文件太复杂，读不完，不导入；请用 Excel 打开后另存一份，或按日期分成几个文件")
    last = msgspec.json.decode(lines[-2], type=dict[str, str])
    if last:
        raise Invalid(last["code"], last["message"])
    return await asyncio.to_thread(lambda: [msgspec.json.decode(line, type=list[str]) for line in lines[:-2]])


class _Plan(msgspec.Struct):
    found: columns.Found
    judged: list[RowView]
    raws: dict[str, RawOrder]
    """Order number -> what would be stored."""
    ended: set[str]
    """Order numbers that the file says are closed, or are being paid back."""


async def run(shop_id: UUID, name: str, upload: Upload, mode: Mode, again: bool) -> Report:
    """One file. dry: the report only. file: all or nothing. row: what is good. The report says what came of it.

    Raises NotFound, Invalid, Conflict: the same file was imported before and nobody said `again`.
    """
    shop = await db.row("select id, platform from shop where id = $1", shop_id)
    if shop is None:
        raise NotFound("no_shop", "没有这家店铺")
    profile = columns.profile(shop["platform"])
    cells = await table(upload.path)
    plan = await asyncio.to_thread(_plan, profile, cells, await versions.in_force(profile.platform))
    async with db.transaction():
        if mode != "dry":
            await db.run("select pg_advisory_xact_lock(hashtextextended($1, 17))", str(shop_id))
        before: datetime | None = await db.value(
            "select max(made_at) from import_file where shop = $1 and sha256 = $2", shop_id, upload.sha256
        )
        rows = await _against_known(shop_id, shop["platform"], plan)
        report = _report(plan, rows, mode, before)
        if mode == "dry" or (mode == "file" and report.counts["bad"]):
            return report
        if before is not None and not again:
            raise Conflict("import_again", "这个文件以前导入过。再导入一次不会重复生成订单，确定要再导入吗？")
        ids = {r.external_id for r in rows if r.outcome in ("new", "held")}
        if not ids:
            return report
        await intake.store_raw(shop_id, shop["platform"], [plan.raws[i] for i in sorted(ids)])
        await _stop(shop_id, sorted(r.external_id for r in rows if r.message == _ENDED))
        file_id = await _record(shop_id, name, upload, mode, report, rows)
    return msgspec.structs.replace(report, id=file_id, stored=True)


def _plan(profile: columns.Profile, cells: list[list[str]], rules: RuleSet) -> _Plan:
    """Rows to bodies, and each body through the very rules that map the API's orders."""
    found = columns.read(profile, cells)
    body = bodies[profile.platform]
    judged = [RowView(b.no, b.order_id, "bad", b.message) for b in found.bad]
    told = {b.no for b in found.bad}
    for external_id, nos in found.spoilt.items():
        judged += [
            RowView(no, external_id, "bad", "同一订单的另一行有问题，整单不导入") for no in nos if no not in told
        ]
    raws: dict[str, RawOrder] = {}
    ended: set[str] = set()
    for external_id, (nos, data) in found.orders.items():
        mapped = map_order(profile.platform, data, rules)
        stops = [h for h in mapped.holds if h.code in ("unreadable", "missing", "bad_value")]
        if stops:
            judged.append(RowView(nos[0], external_id, "bad", "；".join(h.message_zh for h in stops[:3])))
            continue
        outcome: Outcome = "held" if mapped.holds else "new"
        judged.append(RowView(nos[0], external_id, outcome, "；".join(h.message_zh for h in mapped.holds[:3])))
        raws[external_id] = body.raw_order(data)
        if mapped.facts.cancelled or mapped.facts.refund != "none":
            ended.add(external_id)
    return _Plan(found, judged, raws, ended)


async def _against_known(shop_id: UUID, platform: str, plan: _Plan) -> list[RowView]:
    """What the hub knows already stays: an export is poorer than the API, and older than it looks."""
    ids = list(plan.raws)
    contents = [hashlib.sha256(bodies[platform].identity(plan.raws[i].body)).digest() for i in ids]
    same = {
        r["external_id"]
        for r in await db.rows(
            """select w.external_id from raw_order w
               join unnest($2::text[], $3::bytea[]) as f(external_id, hash)
                 on f.external_id = w.external_id and f.hash = w.content_hash
               where w.shop = $1""",
            shop_id,
            ids,
            contents,
        )
    }
    orders = {
        r["external_id"]: r
        for r in await db.rows(
            """select o.external_id, o.modified_at,
                 o.cancelled_at is null and o.refund = 'none' and o.handed_over_at is null
                   and o.platform_state in ('paid', 'unknown') as goes_on,
                 array(select line_key from order_line l where l.order_id = o.id and not l.gone) as keys
               from sales_order o where o.shop = $1 and o.external_id = any($2::text[])""",
            shop_id,
            ids,
        )
    }
    waiting = {
        r["external_id"]
        for r in await db.rows(
            "select external_id from raw_order where shop = $1 and external_id = any($2::text[]) and state = 'new'",
            shop_id,
            ids,
        )
    }
    elsewhere = {
        r["external_id"]: r["name"]
        for r in await db.rows(
            """select o.external_id, s.name from sales_order o join shop s on s.id = o.shop
               where o.platform = $2 and o.shop <> $1 and o.external_id = any($3::text[])""",
            shop_id,
            platform,
            ids,
        )
    }
    result = []
    for row in plan.judged:
        raw = plan.raws.get(row.external_id) if row.outcome != "bad" else None
        known = orders.get(row.external_id)
        if raw is None:
            result.append(row)
        elif row.external_id in elsewhere:
            result.append(_as(row, "bad", f"这张订单属于店铺「{elsewhere[row.external_id]}」，请核对选的店铺"))
        elif row.external_id in same:
            result.append(_as(row, "known", "内容已导入过，没有变化"))
        elif known is None and row.external_id in waiting:
            result.append(_as(row, "known", "这张订单刚从接口进来，正在处理"))
        elif known is None:
            result.append(row)
        elif raw.modified is None or (known["modified_at"] is not None and raw.modified <= known["modified_at"]):
            if row.external_id in plan.ended and known["goes_on"]:
                result.append(_as(row, "held", _ENDED))
            else:
                result.append(_as(row, "older", "系统里的版本更新，不覆盖"))
        elif {key for key, _ in bodies[platform].open(raw.body).lines or []} != set(known["keys"]):
            result.append(_as(row, "known", "订单已在系统里，明细编号和文件不同，不覆盖"))
        else:
            result.append(row)
    return result


async def _stop(shop_id: UUID, external_ids: list[str]) -> None:
    """An export tells no time of a cancellation, so it is never newer than what is known: a person decides."""
    for r in await db.rows(
        "select id from sales_order where shop = $1 and external_id = any($2::text[]) order by id",
        shop_id,
        external_ids,
    ):
        with suppress(Conflict):  # it has left meanwhile
            await reviewing.hold_order(r["id"], _ENDED)


def _as(row: RowView, outcome: Outcome, message: str) -> RowView:
    return RowView(row.no, row.external_id, outcome, message)


def _report(plan: _Plan, rows: list[RowView], mode: Mode, before: datetime | None) -> Report:
    counts = dict.fromkeys(("new", "held", "known", "older", "bad"), 0)
    for row in rows:
        counts[row.outcome] += 1
    order = {"bad": 0, "held": 1, "older": 2, "known": 3, "new": 4}
    return Report(
        id=None,
        mode=mode,
        stored=False,
        rows=plan.found.rows,
        orders=len(plan.found.orders) + len(plan.found.spoilt),
        counts=counts,
        again=before,
        columns=plan.found.columns,
        list=sorted(rows, key=lambda r: (order[r.outcome], r.no))[:MAX_ROWS_SHOWN],
    )


async def _record(shop_id: UUID, name: str, upload: Upload, mode: Mode, report: Report, rows: list[RowView]) -> UUID:
    file_id = uuid7()
    await db.run(
        """insert into import_file(id, shop, name, size, sha256, state, mode, rows, good, bad, made_by, made_at)
           values ($1, $2, $3, $4, $5, 'done', $6, $7, $8, $9, $10, $11)""",
        file_id,
        shop_id,
        file_name(name),
        upload.size,
        upload.sha256,
        mode,
        report.rows,
        report.counts["new"] + report.counts["held"],
        report.counts["bad"],
        context.actor().person,
        clock.now(),
    )
    await db.copy(
        "import_row",
        ["id", "file", "row_no", "external_id", "outcome", "message"],
        [(uuid7(), file_id, r.no, r.external_id, r.outcome, r.message[:300]) for r in rows],
    )
    return file_id


def file_name(name: str) -> str:
    """Its last part, printable, at most 120 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[:120]


async def progress(file_id: UUID) -> tuple[int, int]:
    """(orders that are in, of how many were stored). Raises NotFound."""
    if await db.value("select 1 from import_file where id = $1", file_id) is None:
        raise NotFound("no_import", "没有这次导入")
    found: Any = await db.row(
        """select count(distinct r.external_id) filter (where o.id is not null) as done,
                  count(distinct r.external_id) as total
           from import_row r join import_file f on f.id = r.file
           left join sales_order o on o.shop = f.shop and o.external_id = r.external_id
           where r.file = $1 and r.outcome in ('new', 'held')""",
        file_id,
    )
    if found is None:
        raise Unavailable("not_now", "暂时读不到，请稍后再试")
    return found["done"], found["total"]
