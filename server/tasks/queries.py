"""Reads of tasks and notices."""

from typing import Any
from uuid import UUID

import msgspec

from server.accounts.queries import INBOX, User
from server.kit import db
from server.tasks import words
from server.tasks.schemas import NoticeView, TaskPage, TaskView

_VIEW = """select t.id, t.kind, t.subject_kind, t.subject_id, t.order_id, coalesce(o.no, '') as order_no, t.reason,
  (case t.subject_kind when 'shop' then t.detail || jsonb_build_object('shop', coalesce(s.name, ''))
        else t.detail end)::text as detail, coalesce(p.name, '') as owner, t.opened_at, t.due_at, t.closed_at,
  coalesce(c.name, '') as closed_by, t.outcome
from task t left join sales_order o on o.id = t.order_id left join person p on p.id = t.owner
     left join person c on c.id = t.closed_by left join shop s on t.subject_kind = 'shop' and s.id = t.subject_id"""


def _view(r: Any) -> TaskView:
    detail = msgspec.json.decode(r["detail"])
    return TaskView(
        **{k: r[k] for k in TaskView.__struct_fields__ if k not in ("title", "action", "detail")},
        title=words.title(r["kind"], r["reason"]),
        action=words.action(r["kind"], r["reason"], detail),
        detail=detail,
    )


async def list_tasks(*, state: str, kind: str, owner: UUID | None, limit: int = 200) -> TaskPage:
    """Tasks, the most overdue first (closed ones: the newest first), and how many are open of each kind."""
    found = await db.rows(
        f"""{_VIEW} where (($1 = 'open') = (t.closed_at is null)) and ($2 = '' or t.kind = $2)
            and ($3::uuid is null or t.owner = $3)
            order by case when $1 = 'open' then t.due_at end nulls last, t.closed_at desc nulls last, t.id limit $4""",
        state,
        kind,
        owner,
        limit,
    )
    counts = await db.rows("select kind, count(*)::int as n from task where closed_at is null group by kind")
    return TaskPage(rows=[_view(r) for r in found], counts={r["kind"]: r["n"] for r in counts})


async def tasks_of(order_id: UUID) -> list[TaskView]:
    """All tasks of an order, the open ones first."""
    found = await db.rows(f"{_VIEW} where t.order_id = $1 order by t.closed_at nulls first, t.opened_at desc", order_id)
    return [_view(r) for r in found]


async def inbox(user: User, limit: int = INBOX) -> list[NoticeView]:
    """What this person should know, newest first."""
    found = await db.rows(
        """select n.id, n.kind, n.title, n.body as text, n.made_at as at, n.link,
                  exists (select 1 from notice_read r where r.notice = n.id and r.person = $1) as read
           from notice n where n.role = $2 or n.person = $1 order by n.made_at desc, n.id desc limit $3""",
        user.id,
        user.role,
        limit,
    )
    return [NoticeView(**{k: r[k] for k in NoticeView.__struct_fields__}) for r in found]
