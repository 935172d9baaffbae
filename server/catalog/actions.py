"""Use cases of SKUs: a new one, other words for it. Retiring and bundles are stock's (server/stock/goods.py)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.catalog import moves, rules
from server.catalog.schemas import NewSku, SkuEdit
from server.errors import Conflict, Invalid, NotFound
from server.events import SkuAdded, SkuChanged
from server.kit import db
from server.kit.ids import uuid7

REMATCH = 500


async def add(new: NewSku) -> UUID:
    """A new SKU. Raises Invalid, Conflict: the code or a barcode is taken."""
    code, barcodes = new.code.strip(), barcodes_of(new.barcodes)
    flaw = rules.code_flaw(code) or ("" if new.name.strip() else "请填写货品名称")
    if flaw:
        raise Invalid("bad_sku", flaw)
    sku = uuid7()
    async with db.transaction() as tx:
        made = await db.value(
            """insert into sku(id, code, name, variant, bin)
               select $1, $2, $3, $4, $5 where not exists (select 1 from sku where upper(code) = upper($2))
               on conflict (code) do nothing returning id""",
            sku,
            code,
            new.name.strip(),
            new.variant.strip(),
            new.bin.strip(),
        )
        if made is None:
            raise Conflict("code_taken", f"货品编码 {code} 已经有了（大小写不同也算同一个）")
        await _put_barcodes(sku, barcodes)
        await tx.emit(SkuAdded(subject=sku, to={"code": code, "barcodes": barcodes}))
    return sku


async def edit(sku_id: UUID, e: SkuEdit) -> None:
    """Other words, another bin, other barcodes. Picks that are on the floor keep theirs. Raises Invalid, NotFound,
    Conflict: a barcode is another SKU's."""
    if e.name is not None and not e.name.strip():
        raise Invalid("bad_sku", "请填写货品名称")
    async with db.transaction() as tx:
        old = await db.row("select name, variant, bin from sku where id = $1 for no key update", sku_id)
        if old is None:
            raise NotFound("no_sku", "没有这个货品")
        said = {"name": e.name, "variant": e.variant, "bin": e.bin}
        new: dict[str, Any] = {f: v.strip() for f, v in said.items() if v is not None and v.strip() != old[f]}
        frm: dict[str, Any] = {f: old[f] for f in new}
        if new:
            await db.run(
                """update sku set name = coalesce($2, name), variant = coalesce($3, variant), bin = coalesce($4, bin)
                   where id = $1""",
                sku_id,
                *(new.get(f) for f in said),
            )
        if e.barcodes is not None:
            wanted = barcodes_of(e.barcodes)
            known = [r["code"] for r in await db.rows("select code from barcode where sku = $1 order by code", sku_id)]
            if sorted(wanted) != known:
                await db.run("delete from barcode where sku = $1 and code <> all($2::text[])", sku_id, wanted)
                await _put_barcodes(sku_id, [b for b in wanted if b not in known])
                frm["barcodes"], new["barcodes"] = known, sorted(wanted)
        if new:
            await tx.emit(SkuChanged(subject=sku_id, frm=frm, to=new))


def barcodes_of(typed: Sequence[str]) -> list[str]:
    """Each once, without blanks. Raises Invalid."""
    wanted = list(dict.fromkeys(b for t in typed if (b := t.strip())))
    if len(wanted) > rules.MAX_BARCODES:
        raise Invalid("bad_barcode", f"一个货品最多 {rules.MAX_BARCODES} 个条码")
    if flaw := next((f for b in wanted if (f := rules.barcode_flaw(b))), ""):
        raise Invalid("bad_barcode", flaw)
    return wanted


async def _put_barcodes(sku: UUID, codes: list[str]) -> None:
    """Raises Conflict, naming whose it is."""
    if not codes:
        return
    made = await db.rows(
        """insert into barcode(code, sku) select c, $2 from unnest($1::text[]) c order by c
           on conflict (code) do nothing returning code""",
        codes,
        sku,
    )
    if len(made) < len(codes):
        taken = next(c for c in codes if c not in {r["code"] for r in made})
        whose = await db.value("select k.code from barcode b join sku k on k.id = b.sku where b.code = $1", taken)
        raise Conflict("barcode_taken", f"条码 {taken} 已经是货品 {whose} 的")


async def rematch() -> int:
    """All unmatched listings against the catalogue as it is now, page by page. Returns how many were matched."""
    after, matched, begun = None, 0, False
    while after is not None or not begun:
        begun = True
        async with db.transaction() as tx:
            after, hits = await moves.rematch(tx, after, REMATCH)
        matched += hits
    return matched
