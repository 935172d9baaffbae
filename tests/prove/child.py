"""One process of the house, as `python -m server <command>`, after the plant named in PROVE_PLANT was applied.

The sandbox also notes each 发货 that a shop takes (PROVE_SENDS), and lists PDD's changes without the three minutes.
"""

import json
import os
import sys
from functools import partial
from typing import Any

from tests.prove import orders_pace, plants


def _watch_sandbox(notes: str) -> None:
    from server.sandbox import life, serve
    from server.sandbox.app import create_app
    from server.sandbox.knobs import Knobs

    ship = life.ship

    def noted(world: Any, order: Any, sent: Any, lines: list[int] | None = None) -> None:
        ship(world, order, sent, lines)
        with open(notes, "a", encoding="utf-8") as file:
            row = {"platform": order.platform, "external_id": order.external_id, "waybill_no": sent.waybill_no}
            file.write(json.dumps(row) + "\n")

    life.ship = noted
    serve.create_app = partial(create_app, knobs=Knobs(pdd_lag_s=plants.PDD_LAG_S))  # type: ignore[assignment]


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command == "sandbox" and (notes := os.environ.get("PROVE_SENDS")):
        _watch_sandbox(notes)
    if os.environ.get("PROVE_ORDERS"):
        orders_pace.compress(command)
    if command != "sandbox" and (plant := os.environ.get("PROVE_PLANT")):
        plants.PLANTS[plant].apply()
    if command == "worker" and os.environ.get("PROVE_OUTSIDE"):
        from tests.prove import kinds

        assert kinds.OUTSIDE
    from server.__main__ import main as command_line

    command_line(prog_name="zhongshu")


if __name__ == "__main__":
    main()
