"""Which samples are orders, and the expectations made anew: python tests/contract/mapping/samples.py (then review!)."""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SAMPLES, EXPECTED = ROOT / "samples", ROOT / "expected"
PATTERNS = {
    "taobao": ("trade_fullinfo_get.*", "trades_sold_*"),
    "jd": ("pop_order_enGet.normal.*", "pop_order_enSearch.*", "pop_order_search.*", "sp_orders_*"),
    "pinduoduo": ("order_*",),
    "shopee": ("order_*",),
    "jdsp": ("orders_list*",),
}
ERRORS = {
    "taobao": ("error_*",),
    "jd": ("*error*.json", "*api_failure*"),
    "pinduoduo": ("error_*",),
    "shopee": ("error_*",),
}


def found(patterns: dict[str, tuple[str, ...]]) -> list[tuple[str, Path]]:
    return [
        (platform, file)
        for platform, globs in patterns.items()
        for file in sorted({f for g in globs for f in (SAMPLES / platform).glob(g)})
    ]


def expected(platform: str, sample: Path) -> Path:
    return EXPECTED / platform / sample.name


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    sys.path.insert(0, str(ROOT.parents[1]))
    from server.orders.preview import preview

    for platform, sample in found(PATTERNS):
        file = expected(platform, sample)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(preview(platform, sample.read_bytes())))


if __name__ == "__main__":
    main()
