"""Paper sizes and the resolution of the print head. Sizes are (width, height) in mm."""

from typing import NamedTuple

DOTS_PER_MM = 8
"""A "203 dpi" thermal head has exactly 8 dots per mm (203.2 dpi)."""

DPI = DOTS_PER_MM * 25.4
POINTS_PER_MM = 72 / 25.4


class Paper(NamedTuple):
    """One kind of sheet. `thermal` paper has a print head of 203 dpi and knows black and white only."""

    name: str
    width_mm: float
    height_mm: float
    thermal: bool

    @property
    def width_dots(self) -> int:
        return int(self.width_mm * DOTS_PER_MM)


LABEL = Paper("100x150", 100, 150, thermal=True)
"""The one-part waybill size that every domestic carrier accepts."""

A4 = Paper("A4", 210, 297, thermal=False)
