"""`make bench`: the figures as JSON on stdout, progress on stderr. ARGS="pipeline sync" for a part."""

import asyncio
import contextlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvloop

from tests.bench import face, growth, pipeline, printing, replay, run, sync_bench, uplink

BENCHES: dict[str, Callable[[Path], Awaitable[Any]]] = {
    "pipeline": pipeline.measure,
    "uplink": uplink.measure,
    "sync": sync_bench.figures,
    "growth": growth.measure,
    "printing": printing.measure,
    "replay": replay.measure,
    "run": run.measure,
    "face": face.measure,
}

LOOPS = {"uplink": uvloop.new_event_loop}
"""The loop of the process in which it runs in the product: the web's is uvloop, the workers' is Python's own."""


def main() -> None:
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = set(wanted) - set(BENCHES)
    if unknown:
        sys.exit(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    result: dict[str, Any] = {"machine": {"cpus": os.cpu_count(), "python": platform.python_version()}}
    for name in wanted:
        sys.stderr.write(f"{name} …\n")
        before, at = os.getloadavg()[0], time.monotonic()
        with tempfile.TemporaryDirectory(prefix="zs-bench-", ignore_cleanup_errors=True) as folder:
            with contextlib.redirect_stdout(sys.stderr):  # migrations and logs talk; the figures stand alone
                with asyncio.Runner(loop_factory=LOOPS.get(name)) as runner:
                    result[name] = runner.run(BENCHES[name](Path(folder) / "d"))
        result[name]["load_before"] = round(before, 2)
        sys.stderr.write(f"  {time.monotonic() - at:.0f} s\n")
    sys.stdout.write(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
