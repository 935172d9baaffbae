"""The print screen: sheets that failed, were printed, are void; who may see them; the real renderer behind it."""

import io
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest

from server.errors import Conflict, NotFound
from server.kit import db
from server.shipping import papers, queries
from server.shipping.papers import Unprintable
from workers.jobs import printing


async def test_a_sheet_that_fails_waits_for_a_person_and_holds_nobody_up(floor: Any) -> None:
    await floor.taken("taobao", 3)
    await floor.waybills()
    bad = (await floor.parcels())[1]
    draw = floor.draw

    async def picky(documents: Any) -> Any:
        no = Unprintable("print_does_not_fit", "收件地址太长,印不下")
        drawn = await draw(documents)
        return [no if d.parcel_no == bad["no"] else s for d, s in zip(documents, drawn, strict=True)]

    floor.draw = picky
    assert await floor.labels() == 2
    assert await floor.labels() == 0  # not tried again by itself
    job = await db.row("select id, subject_no, error from print_job where state = 'failed'")
    assert (job["subject_no"], job["error"]) == (bad["no"], "收件地址太长,印不下")
    assert await db.value("select count(*) from event where kind = 'print_failed'") == 1
    floor.draw = draw
    await papers.retry(job["id"])
    with pytest.raises(Conflict):
        await papers.retry(job["id"])
    assert await db.value("select count(*) from job where kind = 'printing.labels' and state = 'ready'") == 1
    assert await floor.labels() == 1
    assert await db.value("select count(*) from print_job where state = 'ready' and error = ''") == 3


async def test_a_receiver_past_its_time_prints_no_label(floor: Any) -> None:
    """Its key is destroyed: the masks are not a way round."""
    await floor.taken("shopee")
    await floor.waybills()
    await db.run("update data_key set wrapped = null where id in (select sealed_key from receiver_version)")
    papers.crypto._keys.clear()
    assert await floor.labels() == 0
    assert "密钥已销毁" in await db.value("select error from print_job where state = 'failed'")


async def test_saying_printed(floor: Any) -> None:
    await floor.taken("taobao")
    await floor.waybills()
    await floor.labels()
    job = await db.value("select id from print_job")
    await papers.mark_printed(job)
    await papers.mark_printed(job)
    assert await db.value("select state from print_job") == "printed"
    with pytest.raises(NotFound):
        await papers.mark_printed(uuid4())


async def test_the_walk_of_a_wave_on_paper_by_the_real_renderer(floor: Any, config: Any) -> None:
    await floor.taken("taobao", 2)
    wave = await db.row("select id, no from wave")
    for _ in range(2):
        await papers.make_pick_list(wave["id"], printing.render, config.zone)
    assert await db.value("select count(*) from print_job where kind = 'pick_list'") == 1
    job = await db.row("select * from print_job where kind = 'pick_list'")
    assert (job["subject_no"], job["state"], job["pages"]) == (wave["no"], "ready", 1)
    _, pdf = await queries.get_pdf(job["id"])
    text = pypdfium2.PdfDocument(io.BytesIO(pdf))[0].get_textpage().get_text_range()
    for bin in [r["bin"] for r in await db.rows("select distinct bin from pick")]:
        assert bin in text


async def test_old_pdfs_are_forgotten_labels_first(floor: Any) -> None:
    await floor.taken("taobao", 2)
    await floor.waybills()
    await floor.labels()
    assert await papers.forget_old_pdfs() == 0
    first, second = [r["id"] for r in await db.rows("select id from print_job")]
    await db.run("update print_job set made_at = now() - interval '8 days' where id = $1", first)
    assert await papers.forget_old_pdfs() == 1
    with pytest.raises(NotFound):
        await queries.get_pdf(first)
    await queries.get_pdf(second)  # of the same batch, and younger: what it stands in stays
    await db.run("update print_job set made_at = now() - interval '8 days'")
    assert await papers.forget_old_pdfs() == 1
    assert await db.value("select count(*) from print_sheet") == 0
    assert await db.value("select count(*) from print_job where state = 'stale'") == 2  # nothing of them waits any more


async def test_labels_of_a_batch_are_stored_once_and_read_one_by_one(floor: Any, config: Any) -> None:
    await floor.taken("taobao", 3)
    await floor.waybills()
    assert await papers.make_labels(printing.render, config.zone) == 3
    assert 1 <= await db.value("select count(*) from print_sheet") <= 2  # one for each render process
    for job in await db.rows("select j.id, p.waybill_no from print_job j join parcel p on p.id = j.subject_id"):
        name, pdf = await queries.get_pdf(job["id"])
        sheet = pypdfium2.PdfDocument(io.BytesIO(pdf))
        assert len(sheet) == 1 and name.startswith("label-")
        assert job["waybill_no"] in sheet[0].get_textpage().get_text_range().replace(" ", "")


async def test_the_print_screen_over_http(floor: Any, as_role: Any) -> None:
    await floor.taken("taobao")
    await floor.waybills()
    await floor.labels()
    job = str(await db.value("select id from print_job"))
    for role in ("warehouse", "finance"):
        web = await as_role(role)
        for method, path in (
            ("GET", ""),
            ("GET", f"/{job}/pdf"),
            ("POST", f"/{job}/printed"),
            ("POST", f"/{job}/retry"),
        ):
            assert (await web.request(method, f"/api/print-jobs{path}")).status_code == 403, (role, path)
    assert await db.value("select state from print_job") == "ready"
    web = await as_role("service")
    (row,) = (await web.get("/api/print-jobs")).json()["rows"]
    assert (row["id"], row["kind"], row["state"], row["pages"], row["error"]) == (job, "label", "ready", 1, "")
    pdf = await web.get(f"/api/print-jobs/{job}/pdf")
    assert pdf.headers["content-type"] == "application/pdf" and pdf.headers["cache-control"] == "no-store"
    assert pdf.content.startswith(b"%PDF")
    assert (await web.post(f"/api/print-jobs/{job}/retry")).status_code == 409
    assert (await web.post(f"/api/print-jobs/{job}/printed")).status_code == 204
    assert (await web.get("/api/print-jobs")).json()["rows"][0]["state"] == "printed"
    assert (await web.get(f"/api/print-jobs/{uuid4()}/pdf")).status_code == 404
