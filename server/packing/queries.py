"""Reads of parcels."""

from typing import Any
from uuid import UUID

from server.kit import db


async def parcels_of(order_id: UUID) -> list[dict[str, Any]]:
    """The parcels of an order, as the desk shows them."""
    found = await db.rows(
        """select p.id, p.no, p.state, p.waybill_no, p.carrier, p.label_version, p.label_state, p.stop,
                  (select j.id from print_job j where j.subject_id = p.id and j.kind = 'label'
                   order by j.made_at desc limit 1) as print_job_id
           from parcel p where p.order_id = $1 order by p.made_at""",
        order_id,
    )
    return [dict(r) for r in found]
