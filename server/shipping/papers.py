"""What is printed: labels and pick lists, from a claim to a stored PDF, and what people say of the sheets.

Rendering is passed in: only workers load the renderer. A full address is opened only where the platform allows it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from print.documents import Document, Item, Label, Party, PickLine, PickList
from server.catalog import queries as catalog
from server.errors import Conflict, Error, NotFound
from server.events import LabelMade, PrintFailed, SheetPrinted
from server.kit import clock, crypto, db
from server.kit.ids import uuid7
from server.kit.jobs import NewJob
from server.picking import queries as picking
from server.shipping import queries

BATCH = 40
"""Labels claimed, drawn and settled together: what is drawn again when a worker is killed."""
LOOK = 200
KEEP_LABELS_DAYS = 7
KEEP_LISTS_DAYS = 30


class Unprintable(Error):
    """The sheet cannot be made as it is: shown beside the print job, with the reason."""


class Sheets(msgspec.Struct, frozen=True):
    """A rendered document: its pages, from `first` (counting from 0), in a PDF that others may share."""

    pdf: bytes
    first: int
    pages: int


Render = Callable[[Sequence[Document]], Awaitable[list["Sheets | Unprintable"]]]
"""Documents to sheets, in order; one that cannot be printed stops no other."""


# -- labels ---------------------------------------------------------------------------------------------------------
async def make_labels(render: Render, zone: ZoneInfo) -> int:
    """A label for every parcel whose waybill has none yet. Returns how many were made.

    A parcel that became stale meanwhile keeps its old state; the sheet just drawn is void.
    """
    sender = Party(name=(await catalog.get_warehouse()).name)
    done: set[tuple[UUID, int]] = set()
    made = 0
    while True:
        wanting = await _without_label(done)
        if not wanting:
            return made
        for i in range(0, len(wanting), BATCH):
            some = wanting[i : i + BATCH]
            done.update((p["id"], p["order_version"]) for p in some)
            claimed = await _claim("label", [(p["id"], p["no"], p["order_version"]) for p in some])
            drawn: dict[UUID, Sheets | Error] = {}
            labels: dict[UUID, Label] = {}
            for parcel in some:
                try:
                    labels[parcel["id"]] = await _label(parcel, sender, zone)
                except (NotFound, Conflict) as e:  # a receiver that expired or was tampered with
                    drawn[parcel["id"]] = e
            if labels:
                drawn |= zip(labels, await render(list(labels.values())), strict=True)
            made += await _settle_labels([(p, claimed[p["id"]], drawn[p["id"]]) for p in some])


async def _without_label(done: set[tuple[UUID, int]]) -> list[Any]:
    """Parcels that want a label. One that failed waits for a person's retry."""
    failed = {
        (r["subject_id"], r["version"])
        for r in await db.rows("select subject_id, version from print_job where kind = 'label' and state = 'failed'")
    }
    found = await queries.without_label(LOOK + len(failed) + len(done))
    return [p for p in found if (p["id"], p["order_version"]) not in failed | done]


async def _label(parcel: Any, sender: Party, zone: ZoneInfo) -> Label:
    items = tuple(
        Item(code=code, name=name, variant=variant, qty=qty)
        for code, name, variant, qty, *_ in msgspec.json.decode(parcel["items"])
    )
    receiver = await _receiver(parcel)
    return Label(
        waybill_no=parcel["waybill_no"],
        carrier=parcel["carrier_name"] or parcel["carrier"],
        route_code=parcel["route_code"],
        receiver=receiver,
        sender=msgspec.structs.replace(sender, name=f"{parcel['shop_name']}  {sender.name}"[:80]),
        order_no=parcel["order_no"],
        parcel_no=parcel["no"],
        slot=parcel["slot"],
        items=items,
        label_version=parcel["order_version"],
        printed_at=clock.now().astimezone(zone),
        plain=parcel["plain"],
    )


async def _receiver(parcel: Any) -> Party:
    """In clear only where the receiver may be kept in clear; else the masks."""
    region = " ".join(msgspec.json.decode(parcel["region"]))
    parts: dict[str, str] = msgspec.json.decode(parcel["masked"])
    if parcel["plain"]:
        if parcel["sealed"] is None:
            raise NotFound("receiver_expired", "收件信息已过保存期限")
        aad = f"receiver_version|sealed|{parcel['receiver_id']}"
        clear: dict[str, str] = msgspec.json.decode(
            await crypto.open_sealed(parcel["sealed_key"], parcel["sealed"], aad)
        )
        parts = {**parts, **clear}  # a part that the platform masks even so stays masked
    address = parts.get("address", "")
    if region and not address.startswith(region.split(" ")[0]):
        address = f"{region} {address}"
    if parcel["plain"] and parts.get("zip") and parts["zip"] not in address:
        address = f"{address} ({parts['zip']})"
    return Party(name=parts.get("name", "")[:80], phone=parts.get("phone", "")[:80], address=address.strip()[:300])


async def _claim(kind: str, wanted: Sequence[tuple[UUID, str, int]]) -> dict[UUID, UUID]:
    """Print jobs for (subject, its number, version), entered once: subject -> print job."""
    async with db.transaction():
        # No lock: one job of a kind and key runs at a time, and a second sheet of the same version would harm nobody.
        known = {
            (r["subject_id"], r["version"]): r["id"]
            for r in await db.rows(
                """select j.id, j.subject_id, j.version from print_job j
                   join unnest($2::uuid[], $3::int[]) u(subject, version)
                        on u.subject = j.subject_id and u.version = j.version
                   where j.kind = $1 order by j.made_at desc""",
                kind,
                [w[0] for w in wanted],
                [w[2] for w in wanted],
            )
        }
        new = [(uuid7(), kind, s, no, v, "waiting", clock.now()) for s, no, v in wanted if (s, v) not in known]
        await db.copy("print_job", ["id", "kind", "subject_id", "subject_no", "version", "state", "made_at"], new)
    fresh = {(r[2], r[4]): r[0] for r in new}
    return {s: known.get((s, v)) or fresh[s, v] for s, _, v in wanted}


async def _settle_labels(drawn: Sequence[tuple[Any, UUID, Sheets | Error]]) -> int:
    good = [(p["id"], p["order_version"], p["waybill_no"], job) for p, job, s in drawn if isinstance(s, Sheets)]
    async with db.transaction() as tx:
        counted = await db.rows(
            """update parcel p set label_version = u.version, label_state = 'ready'
               from unnest($1::uuid[], $2::int[], $3::text[]) u(id, version, no)
               where p.id = u.id and p.order_version = u.version and p.waybill_no = u.no and p.label_state <> 'stale'
               returning p.id""",
            *db.unzip([g[:3] for g in good], 3),
        )
        valid = {r["id"] for r in counted}
        for _, job, sheets in drawn:
            if isinstance(sheets, Error):
                await _failed(tx, job, sheets)
        await _keep(
            [(job, s, "ready" if p["id"] in valid else "stale") for p, job, s in drawn if isinstance(s, Sheets)]
        )
        await tx.emit(
            *(
                LabelMade(subject=parcel_id, to={"version": version, "waybill_no": no, "print_job": str(job)})
                for parcel_id, version, no, job in good
                if parcel_id in valid
            )
        )
    return len(valid)


async def _keep(made: Sequence[tuple[UUID, Sheets, str]]) -> None:
    """(print job, its sheets, its state). A PDF that several share is stored once."""
    stored: dict[int, UUID] = {}
    for _, sheets, _ in made:
        if id(sheets.pdf) not in stored:
            stored[id(sheets.pdf)] = uuid7()
            await db.run("insert into print_sheet(id, pdf) values($1, $2)", stored[id(sheets.pdf)], sheets.pdf)
    await db.run(
        """update print_job j set sheet = u.sheet, first_page = u.first, pages = u.pages, error = '', ready_at = now(),
                  state = case when j.state in ('printed', 'stale') then j.state else u.state end
           from unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::text[]) u(id, sheet, first, pages, state)
           where j.id = u.id""",
        *db.unzip(((job, stored[id(s.pdf)], s.first, s.pages, state) for job, s, state in made), 5),
    )


async def _failed(tx: db.Tx, job: UUID, e: Error) -> None:
    news = await db.value(
        "update print_job set state = 'failed', error = $2 where id = $1 and state = 'waiting' returning id",
        job,
        e.message[:300],
    )
    if news:
        await tx.emit(PrintFailed(subject=job, reason=e.code))


# -- pick lists -----------------------------------------------------------------------------------------------------
async def make_pick_list(wave_id: UUID, render: Render, zone: ZoneInfo) -> None:
    """The walk of a wave on paper."""
    wave, picks = await picking.wave_document(wave_id)
    if wave is None or not picks:
        return
    job = (await _claim("pick_list", [(wave_id, wave["no"], 1)]))[wave_id]
    document = PickList(
        wave_no=wave["no"],
        lines=tuple(
            PickLine(
                bin=p["bin"] or "未定库位", code=p["sku_code"], name=p["name"], variant=p["variant"], qty=p["qty"],
                slot=p["slot"],
            )
            for p in picks
        ),
        orders=wave["orders"],
        printed_at=clock.now().astimezone(zone),
    )  # fmt: skip
    (sheets,) = await render([document])
    async with db.transaction() as tx:
        if isinstance(sheets, Unprintable):
            await _failed(tx, job, sheets)
        else:
            await _keep([(job, sheets, "ready")])


# -- what people say of sheets --------------------------------------------------------------------------------------
async def mark_printed(print_job: UUID) -> None:
    """The sheet came out of the printer. Saying so again changes nothing.

    Raises NotFound, Conflict when it is not ready or void by now.
    """
    async with db.transaction() as tx:
        state = await _state(print_job)
        if state == "stale":
            raise Conflict("label_stale", "这张面单已作废，请打印新面单")
        if state not in ("ready", "printed"):
            raise Conflict("not_ready", "还没有生成，不能标记为已打印")
        await db.run("update print_job set state = 'printed', printed_at = now() where id = $1", print_job)
        if state == "ready":
            await tx.emit(SheetPrinted(subject=print_job))


async def retry(print_job: UUID) -> None:
    """Draw a sheet that failed once more.

    Raises NotFound, Conflict when it did not fail.
    """
    async with db.transaction() as tx:
        if await _state(print_job) != "failed":
            raise Conflict("not_failed", "只有失败的打印任务可以重试")
        r = await db.row(
            "update print_job set state = 'waiting', error = '' where id = $1 returning kind, subject_id", print_job
        )
        assert r is not None
        if r["kind"] == "label":
            tx.enqueue(NewJob(kind="printing.labels"))
        else:
            wave = str(r["subject_id"])
            tx.enqueue(NewJob(kind="printing.pick_list", key=wave, args={"wave_id": wave}))


async def _state(print_job: UUID) -> str:
    state = await db.value("select state from print_job where id = $1 for update", print_job)
    if state is None:
        raise NotFound("no_print_job", "没有这个打印任务")
    return str(state)


async def forget_old_pdfs() -> int:
    """Retention: PDFs of labels may hold an address, so they go first. The print job stays. Returns how many went."""
    async with db.transaction():
        old = await db.rows(
            """update print_job j set sheet = null, state = case state when 'ready' then 'stale' else state end
               from (select id, sheet from print_job where sheet is not null
                 and made_at < now() - make_interval(days => case kind when 'label' then $1::int else $2::int end)) o
               where j.id = o.id returning o.sheet""",
            KEEP_LABELS_DAYS,
            KEEP_LISTS_DAYS,
        )
        await db.run(
            """delete from print_sheet s where s.id = any($1::uuid[])
               and not exists (select 1 from print_job j where j.sheet = s.id)""",
            list({r["sheet"] for r in old}),
        )
    return len(old)
