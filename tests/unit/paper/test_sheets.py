"""Real PDFs, looked at as the print head draws them: barcodes read back, sizes, Chinese text, what must be refused."""

import io
import itertools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pypdfium2
import pytest
import zxingcpp

from print import documents, render, samples
from print.documents import Label, Party
from print.errors import Crashed, DoesNotFit, Refused, TimedOut
from print.formats import DPI
from print.pages import extract


def pages(pdf: bytes) -> list[Any]:
    return list(pypdfium2.PdfDocument(io.BytesIO(pdf)))


def pixels(page: Any, dpi: float = DPI) -> Any:
    """As the head sees it: exactly 8 dots per mm (pdfium rounds the size up, which would stretch the sheet)."""
    scale = (round(page.get_width() / 72 * dpi) - 0.001) / page.get_width()
    return page.render(scale=scale).to_pil().convert("L").point(lambda v: 255 if v > 127 else 0)


def codes(page: Any, dpi: float = DPI) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(pixels(page, dpi))]


def text(page: Any) -> str:
    return str(page.get_textpage().get_text_range())


def test_a_label_is_one_sheet_of_100_by_150_mm_and_its_barcode_reads_at_203_dpi() -> None:
    label = samples.label()
    (page,) = pages(render.pdf(label))
    width, height = page.get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (100, 150)
    assert codes(page) == [label.waybill_no]
    shown = text(page)
    assert all(
        word in shown for word in ("顺路速运", "755-A12-08", "张**", "法式碎花连衣裙", "ZS-26-000123", "第 1 版")
    )


@pytest.mark.parametrize(
    "waybill_no", ["SLX000010000001", "9876543210987", "SF1234567890123", "JDVA0012345678901-1-1-"]
)
def test_waybill_numbers_of_all_kinds_read_back(waybill_no: str) -> None:
    (page,) = pages(render.pdf(samples.label(waybill_no=waybill_no)))
    assert codes(page) == [waybill_no]


def test_the_fullest_label_is_still_one_sheet_and_says_what_is_not_on_it() -> None:
    label = samples.long_label()
    (page,) = pages(render.pdf(label))
    assert codes(page) == [label.waybill_no]
    shown = text(page)
    assert "见装箱单" in shown and "旧单作废" in shown and "第 3 版" in shown


def test_every_bar_is_whole_dots_of_the_head() -> None:
    """Bars of a fraction of a dot are what makes a printed code unreadable."""
    (page,) = pages(render.pdf(samples.label()))
    image = pixels(page)
    assert image.width == 800
    row = [image.getpixel((x, 43 * 8)) for x in range(image.width)]
    runs = [len(list(run)) for _, run in itertools.groupby(row)]
    module = min(runs[1:-1])
    assert module >= 2
    assert all(run % module == 0 for run in runs[1:-1])


def test_a_phone_in_clear_is_refused_unless_the_receiver_may_be_plain() -> None:
    clear = Party("王小明", "13812345678", "浙江省 杭州市")
    with pytest.raises(Refused) as refused:
        render.pdf(samples.label(receiver=clear))
    assert "13812345678" not in str(refused.value)
    (page,) = pages(render.pdf(samples.label(receiver=clear, plain=True)))
    assert "13812345678" in text(page)


def test_markup_in_a_text_stays_text() -> None:
    (page,) = pages(render.pdf(samples.label(receiver=Party("<b>张</b>&amp;", "1**", "<img src=file:///etc/passwd>"))))
    assert "<b>张</b>&amp;" in text(page)


def test_what_does_not_fit_is_an_error_and_never_cut() -> None:
    with pytest.raises(DoesNotFit):
        render.pdf(samples.label(waybill_no="W" * 40))
    with pytest.raises(DoesNotFit):
        render.pdf(samples.label(receiver=Party("甲", "1", "长" * 300)))


def test_a_packing_slip_counts_its_goods_and_its_parcel_number_reads() -> None:
    slip = samples.packing_slip(40)
    sheets = pages(render.pdf(slip))
    assert len(sheets) > 1
    assert codes(sheets[0]) == [slip.parcel_no]
    assert "共 40 种" in text(sheets[-1])


def test_a_pick_list_is_a4_in_walking_order_and_its_wave_reads() -> None:
    wave = samples.shared_bins()
    (page,) = pages(render.pdf(wave))
    width, height = page.get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
    assert codes(page) == [wave.wave_no]
    shown = text(page)
    assert shown.index("A-3-2") < shown.index("A-03-12") < shown.index("A-10-1")


def test_a_print_run_is_numbered_so_that_a_lost_sheet_is_noticed() -> None:
    run = documents.numbered(samples.label(waybill_no=f"SLX{n:012d}") for n in range(3))
    sheets = pages(render.pdf_batch(run))
    assert [codes(s)[0] for s in sheets] == [label.waybill_no for label in run]
    assert "第 2/3 张" in text(sheets[1])


def test_the_isolated_process_gives_the_same_sheet_and_survives_a_refusal() -> None:
    with render.SubprocessRenderer() as renderer:
        (page,) = pages(renderer.pdf(samples.label()))
        assert codes(page) == [samples.label().waybill_no]
        with pytest.raises(Refused):
            renderer.pdf(samples.label(receiver=Party("王", "13812345678", "")))
        assert renderer.pdf(samples.label()).startswith(b"%PDF")


def test_a_sheet_that_takes_too_long_or_too_much_is_ended_and_the_next_one_comes_out() -> None:
    with render.SubprocessRenderer(timeout_s=30) as renderer:
        renderer.pdf(samples.label())
        first = renderer.pid
        with pytest.raises(TimedOut):
            renderer.pdf(samples.pick_list(2000), timeout_s=0.3)
        assert renderer.pid is None
        assert renderer.pdf(samples.label()).startswith(b"%PDF")
        assert renderer.pid != first
    with render.SubprocessRenderer(mem_mb=120, timeout_s=60) as small, pytest.raises(Crashed):
        small.pdf(samples.pick_list(3000))


def test_the_contract_alone_loads_no_renderer() -> None:
    """The web process imports print.documents: it must not pay for Pango, nor be able to render."""
    seen = "import sys, print.documents; raise SystemExit(int('weasyprint' in sys.modules or 'jinja2' in sys.modules))"
    assert subprocess.run([sys.executable, "-c", seen], check=False).returncode == 0


def test_documents_survive_the_pipe() -> None:
    label = samples.label()
    assert msgspec.json.decode(msgspec.json.encode(label), type=Label) == label


def test_sheets_are_counted_and_what_fails_stops_no_other() -> None:
    run = [samples.label(), samples.pick_list(100), samples.label(waybill_no="W" * 40), samples.packing_slip(40)]
    rendered = render.sheets(run)
    assert [rendered.failures[2].kind, rendered.pages[2]] == ["DoesNotFit", 0] and list(rendered.failures) == [2]
    assert sum(rendered.pages) == len(pages(rendered.pdf)) and min(rendered.pages[:2]) >= 1
    first = 0
    for document, count in zip(run, rendered.pages, strict=True):
        if count:
            alone = pages(extract(rendered.pdf, first, count))
            assert [text(p) for p in alone] == [text(p) for p in pages(render.pdf(document))]
        first += count


def test_a_child_that_ended_of_idleness_just_now_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    with render.SubprocessRenderer() as renderer:
        renderer.pdf(samples.label())
        child, running = renderer._child, renderer._running
        assert child is not None and child.stdin is not None
        child.stdin.close()  # to the child the same as a minute in which nothing comes
        assert child.wait(10) == 0
        read, write = os.pipe()
        os.close(read)
        child.stdin = os.fdopen(write, "wb")  # what a pipe to nobody is like
        ended = [child]
        monkeypatch.setattr(renderer, "_running", lambda: ended.pop() if ended else running())
        assert renderer.pdf(samples.label()).startswith(b"%PDF")
        assert renderer.pid not in (None, child.pid)


def test_every_barcode_of_a_print_run_reads_at_the_resolution_of_a_label_printer() -> None:
    """200 labels, two render processes, 203 dpi in black and white."""
    numbers = [_number(n) for n in range(200)]
    run = [samples.label(waybill_no=number) for number in numbers]
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda part: render.shared().sheets(part, 120), (run[:100], run[100:])))
    assert not any(d.failures for d in done)
    assert [codes(page) for d in done for page in pages(d.pdf)] == [[number] for number in numbers]


def _number(n: int) -> str:
    """Short and long, digits only and mixed: carriers' numbers have all of these shapes."""
    digits = f"{10**11 + n * 7_919_797:012d}"
    return (f"SLX{digits}", f"9{digits}", f"SF{digits}1", f"JDVA{digits}9-1-1-")[n % 4]


def test_the_reading_can_fail() -> None:
    """As when a driver shrinks the sheet: bars that are no whole dots any more do not read."""
    (page,) = pages(render.pdf(samples.label(waybill_no=_number(3))))
    assert codes(page) == [_number(3)]
    assert codes(page, DPI * 0.3) == []
