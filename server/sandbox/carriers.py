"""The carriers that the simulated shops know, with each platform's own id.

Number rules are the platforms' snapshots of an unknown date and refuse formats in use today, so a mismatch is
a warning unless the knob `waybill_rules` says "refuse".
"""

import re
from typing import Final

from msgspec import Struct


class Carrier(Struct, frozen=True):
    code: str
    """Ours, and TOP's company code."""
    name: str
    top_id: int
    jd_id: int
    pdd_id: int
    rule: str = ""
    """TOP's reg_mail_no; empty: none published."""
    available: bool = True
    """pdd.logistics.companies.get: only carriers with available=1 are accepted."""


CARRIERS: Final = (
    Carrier("SLX", "顺路速运", 900001, 900001, 900001, r"^SLX[0-9]{12}$"),
    Carrier("SF", "顺丰速运", 505, 467, 44, r"^[A-Za-z0-9-]{4,35}$"),
    Carrier("ZTO", "中通快递", 500, 1499, 115),
    Carrier(
        "YTO",
        "圆通速递",
        101,
        463,
        85,
        r"^[A-Za-z0-9]{2}[0-9]{10}$|^[A-Za-z0-9]{2}[0-9]{8}$|^[6-9][0-9]{17}$"
        r"|^[DD]{2}[8-9][0-9]{15}$|^[Y][0-9]{12}$",
    ),
    Carrier("STO", "申通快递", 100, 470, 1),
    Carrier(
        "YUNDA",
        "韵达快递",
        102,
        1327,
        121,
        r"^(10|11|12|13|14|15|16|17|19|18|50|55|58|80|88|66|31|77|39)[0-9]{11}$|^[0-9]{13}$",
    ),
    Carrier(
        "EMS",
        "EMS",
        2,
        465,
        118,
        r"^[A-Z]{2}[0-9]{9}[A-Z]{2}$|^(10|11)[0-9]{11}$|^(50|51)[0-9]{11}$|^(95|97)[0-9]{11}$",
    ),
    Carrier("DBKD", "德邦快递", 5000000110730, 3046, 131, r"^[0-9]{8,10}$|^\d{15,}[-\d]+$"),
    Carrier("TTKDEX", "天天快递", 504, 2009, 119, available=False),
)
BY_TOP: Final = {carrier.code: carrier for carrier in CARRIERS}
BY_JD: Final = {str(carrier.jd_id): carrier for carrier in CARRIERS}
BY_PDD: Final = {str(carrier.pdd_id): carrier for carrier in CARRIERS}


def fits(carrier: Carrier, waybill_no: str) -> bool:
    """Whether the number looks like one of this carrier's, as far as TOP's published rule knows."""
    return not carrier.rule or re.search(carrier.rule, waybill_no) is not None
