"""Importing SKUs, barcodes, bins and opening stock from a file: whole or what is good, in one transaction."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from server.catalog import queries as catalog
from server.catalog import rules
from server.errors import Conflict
from server.events import SkuAdded, SkuChanged, StockReceived
from server.imports import goods_rows
from server.imports.actions import MAX_ROWS_SHOWN, Mode, Upload, file_name, table
from server.imports.goods_rows import Found, Judged, Known, Outcome, Sku
from server.kit import clock, context, db
from server.kit.ids import uuid7
from server.stock import moves as stock
from server.stock import queries as shelves
from server.stock.schemas import Receipt

_LOCK: Final = 0x7A68_676F
_ORDER: Final = {"bad": 0, "changed": 1, "known": 2, "new": 3}


class GoodsLine(msgspec.Struct, frozen=True):
    """One SKU, or one bad row. no: as Excel counts them."""

    no: int
    code: str
    outcome: Outcome
    message: str


class GoodsReport(msgspec.Struct, frozen=True, kw_only=True):
    """What would become, or became, of a file of goods. id: None where nothing was written down.

    again: when the very same file was imported before. units: opening stock. list: problems first.
    """

    id: UUID | None
    mode: Mode
    stored: bool
    rows: int
    skus: int
    units: int
    counts: dict[str, int]
    again: datetime | None
    columns: list[str]
    list: list[GoodsLine]


async def run(name: str, upload: Upload, mode: Mode, again: bool) -> GoodsReport:
    """One file. dry: the report only. file: all or nothing. row: what is good. A second time it changes nothing: words
    are the same, and opening stock is taken only by a SKU whose stock never moved.

    Raises Invalid, Conflict: the same file was imported before and nobody said `again`.
    """
    found = goods_rows.read(await table(upload.path))
    async with db.transaction() as tx:
        if mode != "dry":
            await db.run("select pg_advisory_xact_lock($1)", _LOCK)
        before: datetime | None = await db.value(
            "select max(made_at) from import_file where kind = 'goods' and sha256 = $1", upload.sha256
        )
        warehouse = (await catalog.get_warehouse()).id
        judged = goods_rows.judge(found, await _known(found, warehouse))
        report = _report(found, judged, mode, before)
        if mode == "dry" or (mode == "file" and report.counts["bad"]):
            return report
        if before is not None and not again:
            raise Conflict("import_again", "这个文件以前导入过。再导入一次不会重复记库存，确定要再导入吗？")
        good = [j for j in judged if j.outcome in ("new", "changed")]
        if not good:
            return report
        ids = await _write(tx, good)
        await _open(tx, good, ids, warehouse, f"期初导入 {file_name(name)}")
        file_id = await _record(name, upload, mode, report)
    return msgspec.structs.replace(report, id=file_id, stored=True)


async def _known(found: Found, warehouse: UUID) -> Known:
    """What is there already, locked; orders that name these SKUs are not held up by it."""
    codes = [g.code for g in found.goods]
    rows = await db.rows(
        """select k.id, k.code, k.name, k.variant, k.bin, k.retired_at is not null as retired,
                  exists (select 1 from bundle_part p where p.bundle = k.id) as bundle,
                  coalesce((select array_agg(b.code) from barcode b where b.sku = k.id), '{}') as barcodes
           from sku k where upper(k.code) in (select upper(c) from unnest($1::text[]) c) order by k.id
           for no key update of k""",
        codes,
    )
    moved = await shelves.moved([r["id"] for r in rows], warehouse)
    whose = await db.rows(
        "select b.code, k.code as sku from barcode b join sku k on k.id = b.sku where b.code = any($1::text[])",
        [b for g in found.goods for b in g.barcodes],
    )
    return Known(
        {
            rules.fold(r["code"]): Sku(
                **{f: r[f] for f in ("id", "code", "name", "variant", "bin", "retired", "bundle")},
                barcodes=frozenset(r["barcodes"]),
                moved=r["id"] in moved,
            )
            for r in rows
        },
        {r["code"]: r["sku"] for r in whose},
    )


def _report(found: Found, judged: list[Judged], mode: Mode, before: datetime | None) -> GoodsReport:
    lines = [GoodsLine(b.no, b.code, "bad", b.message) for b in found.bad]
    lines += [GoodsLine(j.goods.nos[0], j.goods.code, j.outcome, j.message) for j in judged]
    counts = dict.fromkeys(("new", "changed", "known", "bad"), 0)
    for line in lines:
        counts[line.outcome] += 1
    return GoodsReport(
        id=None,
        mode=mode,
        stored=False,
        rows=found.rows,
        skus=len(found.goods),
        units=sum(j.opening for j in judged if j.outcome != "bad"),
        counts=counts,
        again=before,
        columns=found.columns,
        list=sorted(lines, key=lambda x: (_ORDER[x.outcome], x.no))[:MAX_ROWS_SHOWN],
    )


async def _write(tx: db.Tx, good: list[Judged]) -> dict[str, UUID]:
    """New SKUs, other words, more barcodes: a statement each. The ids by the file's code."""
    ids = {j.goods.code: j.sku.id if j.sku is not None else uuid7() for j in good}
    new = [j.goods for j in good if j.sku is None]
    made = await db.rows(
        """insert into sku(id, code, name, variant, bin)
           select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
           on conflict (code) do nothing returning id""",
        *db.unzip(((ids[g.code], g.code, g.name, g.variant or "", g.bin or "") for g in new), 5),
    )
    if len(made) < len(new):
        raise Conflict("goods_changed", "导入时有人新建了同样编码的货品，请再试一次")
    old = [(j.goods, j.sku) for j in good if j.sku is not None]
    await db.run(
        """update sku k set name = coalesce(u.name, k.name), variant = coalesce(u.variant, k.variant),
                  bin = coalesce(u.bin, k.bin)
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) u(id, name, variant, bin) where k.id = u.id""",
        *db.unzip(((s.id, g.name, g.variant, g.bin) for g, s in old), 4),
    )
    more = sorted(
        (b, ids[j.goods.code]) for j in good for b in j.goods.barcodes if j.sku is None or b not in j.sku.barcodes
    )
    put = await db.rows(
        """insert into barcode(code, sku) select * from unnest($1::text[], $2::uuid[])
           on conflict (code) do nothing returning code""",
        *db.unzip(more, 2),
    )
    if len(put) < len(more):
        raise Conflict("goods_changed", "导入时有人用了同样的条码，请再试一次")
    await tx.emit(
        *(SkuAdded(subject=ids[g.code], to={"code": g.code, "barcodes": list(g.barcodes)}) for g in new),
        *(SkuChanged(subject=s.id, frm=frm, to=to) for g, s in old for frm, to in [_change(g, s)] if to),
    )
    return ids


def _change(g: goods_rows.Goods, s: Sku) -> tuple[dict[str, Any], dict[str, Any]]:
    """From what to what."""
    to: dict[str, Any] = {f: v for f in ("name", "variant", "bin") if (v := getattr(g, f)) not in (None, getattr(s, f))}
    frm = {f: getattr(s, f) for f in to}
    if more := set(g.barcodes) - s.barcodes:
        frm["barcodes"], to["barcodes"] = sorted(s.barcodes), sorted(s.barcodes | more)
    return frm, to


async def _open(tx: db.Tx, good: list[Judged], ids: dict[str, UUID], warehouse: UUID, reason: str) -> None:
    """期初库存, through the ledger as a kind of its own."""
    receipts = [Receipt(ids[j.goods.code], j.opening) for j in good if j.opening]
    if receipts:
        await stock.receive(tx, receipts, warehouse, context.actor().person, reason, kind="opening")
        await tx.emit(*(StockReceived(subject=r.sku, to={"qty": r.qty}, reason=reason) for r in receipts))


async def _record(name: str, upload: Upload, mode: Mode, report: GoodsReport) -> UUID:
    file_id = uuid7()
    await db.run(
        """insert into import_file(id, name, size, sha256, state, mode, rows, good, bad, made_by, made_at, kind)
           values ($1, $2, $3, $4, 'done', $5, $6, $7, $8, $9, $10, 'goods')""",
        file_id,
        file_name(name),
        upload.size,
        upload.sha256,
        mode,
        report.rows,
        report.skus,
        report.counts["bad"],
        context.actor().person,
        clock.now(),
    )
    await db.copy(
        "import_row",
        ["id", "file", "row_no", "external_id", "outcome", "message"],
        [(uuid7(), file_id, x.no, x.code[:100], x.outcome, x.message[:300]) for x in report.list],
    )
    return file_id
