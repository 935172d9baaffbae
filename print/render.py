"""Documents to PDF with WeasyPrint. Only workers import this; what it may print is in documents.py.

Texts reach the page through autoescaping templates; every URL is refused, so a sheet reads no file and no network.
"""

import functools
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import jinja2
from markupsafe import Markup

from . import system
from .barcodes import Barcode
from .documents import Document, Label, PackingSlip, PickList
from .errors import DoesNotFit, PrintError, Refused
from .isolated import Failure, Rendered, SubprocessRenderer, failure, shared
from .layout import View, checked, label_view, packing_slip_view, pick_list_view

__all__ = [
    "SubprocessRenderer",
    "pdf",
    "pdf_batch",
    "shared",
    "sheets",
    "warm_up",
]

_HERE = Path(__file__).parent
_lock = threading.Lock()  # one render at a time: the font configuration is shared


def pdf(document: Document) -> bytes:
    """One document as PDF, in this process. Errors: Refused, DoesNotFit, SystemMissing."""
    return pdf_batch([document])


def pdf_batch(documents: Sequence[Document]) -> bytes:
    """Many documents as one PDF, in the order given; pages are counted per document."""
    if not documents:
        raise Refused("没有要打印的单据 (an empty batch)")
    system.check()
    with _lock, _no_silent_errors():
        rendered = [_laid_out(document) for document in documents]
        pages = [page for one in rendered for page in one.pages]
        result: bytes = rendered[0].copy(pages).write_pdf()
    return result


def sheets(documents: Sequence[Document]) -> Rendered:
    """Like pdf_batch, but a document that cannot be printed stops no other: it has no pages, and a failure."""
    if not documents:
        raise Refused("没有要打印的单据 (an empty batch)")
    system.check()
    laid_out: list[Any] = []
    failures: dict[int, Failure] = {}
    with _lock:
        for i, document in enumerate(documents):
            try:
                with _no_silent_errors():
                    laid_out.append(_laid_out(document))
            except MemoryError:
                raise
            except Exception as e:
                failures[i] = failure(e)
                laid_out.append(None)
        good = [one for one in laid_out if one is not None]
        with _no_silent_errors():
            pdf: bytes = good[0].copy([page for one in good for page in one.pages]).write_pdf() if good else b""
    return Rendered(pdf, [len(one.pages) if one else 0 for one in laid_out], failures)


def warm_up() -> None:
    """Load Pango, the fonts, the templates: the first document then takes as long as the next ones."""
    system.check()
    system.drawable()
    _environment()
    for kind in _SHEETS.values():
        _stylesheets(kind)


def html(document: Document) -> str:
    """The page as markup, texts escaped: what the PDF is made from."""
    kind = _SHEETS[type(document)]
    view = _view(checked(document, system.drawable()))
    return _environment().get_template(f"{kind}.html").render(view)


_SHEETS: dict[type, str] = {Label: "label", PackingSlip: "packing_slip", PickList: "pick_list"}


def _view(document: Document) -> View:
    if isinstance(document, Label):
        return label_view(document)
    if isinstance(document, PackingSlip):
        return packing_slip_view(document)
    return pick_list_view(document)


def _laid_out(document: Document) -> Any:
    import weasyprint  # (only after system.check has explained a missing Pango)

    source = weasyprint.HTML(string=html(document), url_fetcher=_refuse)  # type: ignore[no-untyped-call]
    sheets = _stylesheets(_SHEETS[type(document)])
    laid_out = source.render(font_config=_fonts(), stylesheets=sheets)  # type: ignore[no-untyped-call]
    if isinstance(document, Label) and len(laid_out.pages) != 1:
        raise DoesNotFit(f"面单排成了 {len(laid_out.pages)} 页 (a label is one sheet)")
    return laid_out


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(svg=_svg, stamp=_stamp)
    return environment


@functools.cache
def _fonts() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()  # type: ignore[no-untyped-call]


@functools.cache
def _stylesheets(kind: str) -> list[Any]:
    import weasyprint

    return [_sheet(weasyprint, name) for name in ("base", kind)]


def _sheet(weasyprint: Any, name: str) -> Any:
    return weasyprint.CSS(string=(_HERE / "styles" / f"{name}.css").read_text("utf-8"), url_fetcher=_refuse)


def _svg(barcode: Barcode) -> Markup:
    return Markup(barcode.svg)  # noqa: S704  (bars only, drawn by us: no text of a document is in it)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


def _refuse(url: str, *_: object, **__: object) -> NoReturn:
    """The URL fetcher: nothing is fetched, not even data: URLs."""
    raise PermissionError("printing fetches nothing")


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


@contextmanager
def _no_silent_errors() -> Iterator[None]:
    """WeasyPrint logs and goes on, even when an SVG fails: a label without its barcode. Here that is an error."""
    heard = _Errors()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(heard)
    try:
        yield
    finally:
        logger.removeHandler(heard)
    if heard.seen:
        raise PrintError(f"排版出错 ({len(heard.seen)} errors, first: {heard.seen[0]:.60})")
