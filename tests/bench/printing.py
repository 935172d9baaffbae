"""Labels per second as the job printing.labels draws them: batches shared out among the render processes. Beside it,
in the same run, one process that draws label after label."""

import asyncio
import time
from pathlib import Path
from typing import Any

from print import samples
from print.isolated import SubprocessRenderer
from server.shipping.papers import BATCH
from workers.jobs import printing


async def measure(folder: Path, count: int = 200) -> dict[str, Any]:
    """A wave's worth of labels with three kinds of goods and barcodes of their own; the processes are warm."""
    labels = [samples.label(waybill_no=f"SLX{10**12 + n}") for n in range(count)]
    await printing.render(labels[:2])
    at = time.perf_counter()
    stored = 0
    for i in range(0, count, BATCH):
        drawn = await printing.render(labels[i : i + BATCH])
        pdfs = {id(s.pdf): len(s.pdf) for s in drawn if isinstance(s, printing.Sheets)}
        stored += sum(pdfs.values())
    together = time.perf_counter() - at
    single = await asyncio.to_thread(_alone, labels[:40])
    return {
        "labels": count,
        "batch": BATCH,
        "labels_per_s": round(count / together, 1),
        "bytes_a_label": round(stored / count),
        "one_by_one_labels_per_s": round(single, 1),
        "ratio": round(count / together / single, 2),
    }


def _alone(labels: list[Any]) -> float:
    with SubprocessRenderer(timeout_s=60) as renderer:
        renderer.pdf(labels[0])
        at = time.perf_counter()
        for label in labels:
            renderer.pdf(label)
        return len(labels) / (time.perf_counter() - at)
