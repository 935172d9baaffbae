"""Code 128 symbols as SVG, drawn in whole dots of a 203 dpi head. No other symbology lives here.

Source: ISO/IEC 15417:2007 (in China GB/T 18347-2001): character patterns (table 1), check character mod 103
(4.3.2), quiet zone of 10 modules (4.5). Instead of the look-ahead rules of its annex E, code sets are
chosen by a shortest path, which gives the fewest symbol characters and never more than those rules.
"""

from itertools import cycle
from typing import NamedTuple

from .errors import DoesNotFit, Refused
from .formats import DOTS_PER_MM

QUIET_MODULES = 10
MIN_DOTS = 2
"""Narrowest bar, in dots: 2 = 0.25 mm. Scanners of the floor miss single-dot bars of a worn head."""
MAX_DOTS = 4

_SHIFT, _CODE_C, _CODE_B, _CODE_A = 98, 99, 100, 101
_START = {"A": 103, "B": 104, "C": 105}
_STOP = 106
_LATCH = {"A": _CODE_A, "B": _CODE_B, "C": _CODE_C}

# Bar and space widths of the values 0..105 (bar first, 11 modules each) and of the stop character (13).
_TABLE = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 "
    "113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 "
    "212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 "
    "113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 "
    "314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 "
    "241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 "
    "214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 "
    "211232 2331112"
)
PATTERNS = _TABLE.split()


class Barcode(NamedTuple):
    """A drawn symbol. `svg` holds bars only, no text; its size includes the quiet zones."""

    svg: str
    dots: int
    """Dots per module."""
    width_dots: int

    @property
    def width_mm(self) -> float:
        return self.width_dots / DOTS_PER_MM


def draw(text: str, max_width_mm: float, height_mm: float) -> Barcode:
    """`text` as the widest symbol that fits `max_width_mm` with its quiet zones, module 2 to 4 dots.

    Place it on a whole dot (multiple of 0.125 mm), or its bars are no whole dots any more.
    Errors: Refused (not ASCII, empty), DoesNotFit (over the width at 2 dots per module).
    """
    widths = [int(width) for value in encode(text) for width in PATTERNS[value]]
    modules = sum(widths) + 2 * QUIET_MODULES
    dots = min(MAX_DOTS, int(max_width_mm * DOTS_PER_MM) // modules)
    if dots < MIN_DOTS:
        needed = modules * MIN_DOTS / DOTS_PER_MM
        raise DoesNotFit(f"条码太宽：需要 {needed:g} mm，只有 {max_width_mm:g} mm ({len(text)} characters)")
    height = int(height_mm * DOTS_PER_MM)
    path, x = [], QUIET_MODULES * dots
    for bar, width in zip(cycle((True, False)), widths, strict=False):
        if bar:
            path.append(f"M{x} 0h{width * dots}v{height}h-{width * dots}z")
        x += width * dots
    total = modules * dots
    size = f'width="{total / DOTS_PER_MM:g}mm" height="{height / DOTS_PER_MM:g}mm" viewBox="0 0 {total} {height}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><path fill="#000" d="{"".join(path)}"/></svg>'
    return Barcode(svg, dots, total)


def encode(text: str) -> list[int]:
    """Symbol character values of `text` (ASCII 0 to 127): start, data, check, stop. As short as possible."""
    if not text or not text.isascii():
        raise Refused("条码内容必须是非空的 ASCII 字符 (a barcode holds ASCII only)")
    values = _shortest(text)
    return [*values, check_value(values), _STOP]


def check_value(values: list[int]) -> int:
    """Check character of start + data: the start counts once, the n-th data character n times, modulo 103."""
    return (values[0] + sum(n * value for n, value in enumerate(values[1:], 1))) % 103


def _shortest(text: str) -> list[int]:
    # ways[i][s] = the shortest values that encode text[:i] and end in code set s.
    ways: list[dict[str, list[int]]] = [{} for _ in range(len(text) + 2)]
    ways[0] = {s: [start] for s, start in _START.items()}
    for i in range(len(text)):
        for s, values in _with_latches(ways[i], first=i == 0).items():
            for step, more in _steps(text, i, s):
                reached = ways[i + step]
                if s not in reached or len(values) + len(more) < len(reached[s]):
                    reached[s] = values + more
    return min(ways[len(text)].values(), key=len)


def _with_latches(best: dict[str, list[int]], *, first: bool) -> dict[str, list[int]]:
    if first:
        return best
    found = dict(best)
    for s, values in best.items():
        for to, latch in _LATCH.items():
            if to != s and (to not in found or len(values) + 1 < len(found[to])):
                found[to] = [*values, latch]
    return found


def _steps(text: str, i: int, s: str) -> list[tuple[int, list[int]]]:
    if s == "C":
        pair = text[i : i + 2]
        return [(2, [int(pair)])] if len(pair) == 2 and pair.isdigit() else []
    code = ord(text[i])
    if s == "A":
        return [(1, [_value_a(code)])] if code < 96 else [(1, [_SHIFT, code - 32])]
    return [(1, [code - 32])] if code >= 32 else [(1, [_SHIFT, _value_a(code)])]


def _value_a(code: int) -> int:
    return code - 32 if code >= 32 else code + 64
