"""Sheets of made-up data to look at, and the speed of rendering: `python -m print.preview label out.pdf`.

A .png is drawn as the print head sees it (203 dpi, or 110 dpi for A4) and needs pypdfium2 (a development dependency).
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import render, samples
from .documents import Document, PickList
from .errors import PrintError
from .formats import DPI

SHEETS: dict[str, Document] = {
    "label": samples.label(),
    "label-long": samples.long_label(),
    "slip": samples.packing_slip(),
    "slip-long": samples.packing_slip(40),
    "picks": samples.pick_list(24),
    "picks-long": samples.pick_list(100),
    "picks-shared": samples.shared_bins(),
}


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m print.preview", description=__doc__)
    parser.add_argument("sheet", nargs="?", choices=sorted(SHEETS), help="what to draw")
    parser.add_argument("out", nargs="?", type=Path, help="a .pdf, or a .png (further pages: name-2.png …)")
    parser.add_argument("--bench", action="store_true", help="measure labels per second of one process")
    parser.add_argument("--count", type=int, default=100, help="labels of the bench")
    options = parser.parse_args(arguments)
    try:
        if options.bench:
            sys.stdout.write(bench(options.count))
        elif options.sheet and options.out:
            write(SHEETS[options.sheet], options.out)
        else:
            parser.error("name a sheet and a file, or --bench")
    except PrintError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def write(document: Document, out: Path) -> None:
    """Render `document` into `out`, a PDF or one PNG a page."""
    data = render.pdf(document)
    if out.suffix != ".png":
        out.write_bytes(data)
        return
    import pypdfium2  # (a development dependency)

    scale = (110 if isinstance(document, PickList) else DPI) / 72
    for number, page in enumerate(pypdfium2.PdfDocument(data), 1):  # type: ignore[no-untyped-call]
        target = out if number == 1 else out.with_stem(f"{out.stem}-{number}")
        page.render(scale=scale).to_pil().save(target)


def bench(count: int) -> str:
    """Labels per second on one process: one by one, in one batch, and in the isolated process."""
    labels: list[Document] = [
        samples.label(waybill_no=f"SLX{n:013d}", page=n, pages=count) for n in range(1, count + 1)
    ]
    lines = []
    started = time.perf_counter()
    render.pdf(labels[0])
    lines.append(f"first label (cold)      {(time.perf_counter() - started) * 1000:7.0f} ms")
    with render.SubprocessRenderer(timeout_s=600) as renderer:
        started = time.perf_counter()
        renderer.pdf(labels[0])
        lines.append(f"first label (isolated)  {(time.perf_counter() - started) * 1000:7.0f} ms")
        ways = (("one by one", _each(render.pdf)), ("one batch", render.pdf_batch),
                ("isolated, one by one", _each(renderer.pdf)), ("isolated, one batch", renderer.pdf_batch))  # fmt: skip
        for name, way in ways:
            started = time.perf_counter()
            way(labels)
            took = time.perf_counter() - started
            lines.append(f"{name:24}{count / took:7.1f} labels/s  {took / count * 1000:6.1f} ms each")
    return "\n".join(lines) + "\n"


def _each(way: Callable[[Document], bytes]) -> Callable[[list[Document]], None]:
    def run(labels: list[Document]) -> None:
        for label in labels:
            way(label)

    return run


if __name__ == "__main__":
    sys.exit(main())
