"""The trail: appends events, one row each, in the business transaction."""

import functools
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from server.events import Event
from server.kit.context import actor
from server.kit.ids import uuid7

_json = msgspec.json.Encoder().encode
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


@functools.cache
def kind_of(event: type[Event]) -> str:
    """OrderReviewed -> 'order_reviewed'."""
    return _WORD.sub("_", event.__name__).lower()


async def append(connection: Any, events: Sequence[Event]) -> None:
    """Write the events in one statement. Person, device, trace and cause come from the context where unset."""
    who = actor()
    at = datetime.now(UTC)
    columns: list[list[Any]] = [[] for _ in range(13)]
    for e in events:
        values = (
            uuid7(),
            kind_of(type(e)),
            e.on,
            e.subject,
            e.happened_at or at,
            e.person or who.person,
            e.device or who.device,
            e.reason,
            _json(e.frm).decode(),
            _json(e.to).decode(),
            e.rule,
            e.cause or who.cause,
            who.trace,
        )
        for column, item in zip(columns, values, strict=True):
            column.append(item)
    await connection.execute(
        """insert into event(id, kind, subject_kind, subject_id, happened_at, person, device, reason,
                             frm, "to", rule, cause, trace)
           select i, k, s, u, h, p, d, r, f::jsonb, t::jsonb, l, c, x
           from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[], $6::uuid[], $7::uuid[],
                       $8::text[], $9::text[], $10::text[], $11::text[], $12::uuid[], $13::text[])
                with ordinality v(i, k, s, u, h, p, d, r, f, t, l, c, x, o) order by o""",
        *columns,
    )
