"""Single sheets out of a PDF that holds many. A batch is stored once: its fonts weigh more than all of its sheets."""

import io
from typing import Any

import pypdfium2


def extract(pdf: bytes, first: int, count: int) -> bytes:
    """These pages as a PDF of their own; `first` counts from 0. Not to be called in two threads at once."""
    whole: Any = pypdfium2.PdfDocument(pdf)  # type: ignore[no-untyped-call]
    try:
        if (first, count) == (0, len(whole)):
            return pdf
        some: Any = pypdfium2.PdfDocument.new()  # type: ignore[no-untyped-call]
        try:
            some.import_pages(whole, list(range(first, first + count)))
            out = io.BytesIO()
            some.save(out)
            return out.getvalue()
        finally:
            some.close()
    finally:
        whole.close()
