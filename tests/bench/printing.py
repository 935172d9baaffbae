"""Labels per second through the render process that the workers use, beside one call for each label."""

import asyncio
import time
from pathlib import Path
from typing import Any

from print import samples
from print.isolated import SubprocessRenderer

BATCH = 20


async def measure(folder: Path, count: int = 60) -> dict[str, Any]:
    """A warm process; labels with three kinds of goods and barcodes of their own."""
    return await asyncio.to_thread(_measure, count)


def _measure(count: int) -> dict[str, Any]:
    labels = [samples.label(waybill_no=f"SLX{10**12 + n}") for n in range(count)]
    with SubprocessRenderer(timeout_s=60) as renderer:
        at = time.perf_counter()
        renderer.pdf(labels[0])
        first = time.perf_counter() - at
        at = time.perf_counter()
        for label in labels:
            renderer.pdf(label)
        single = time.perf_counter() - at
        at = time.perf_counter()
        for i in range(0, count, BATCH):
            renderer.pdf_batch(labels[i : i + BATCH])
        batched = time.perf_counter() - at
    return {
        "labels": count,
        "first_with_start_s": round(first, 2),
        "batch": BATCH,
        "labels_per_s": round(count / batched, 1),
        "one_by_one_labels_per_s": round(count / single, 1),
        "ratio": round(single / batched, 2),
    }
