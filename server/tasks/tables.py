"""Tables of tasks and notices."""

from piccolo.columns import UUID
from piccolo.table import Table

from server.kit.columns import at, key, obj, text


class Task(Table, tablename="task"):
    """kind: one of words.KINDS. Open while closed_at is null."""

    id = key()
    kind = text()
    subject_kind = text()
    subject_id = UUID()
    order_id = UUID(null=True, default=None)
    warehouse = UUID(null=True, default=None)
    reason = text()
    detail = obj()
    owner = UUID(null=True, default=None)
    opened_at = at(now=True)
    due_at = at(null=True)
    closed_at = at(null=True)
    closed_by = UUID(null=True, default=None)
    outcome = text()


class Notice(Table, tablename="notice"):
    """收件箱: what a role (or one person) should know, without having to act."""

    id = key()
    role = text()
    person = UUID(null=True, default=None)
    kind = text()
    title = text()
    body = text()
    link = text()
    made_at = at(now=True)


class NoticeRead(Table, tablename="notice_read"):
    id = key()
    notice = UUID()
    person = UUID()
    read_at = at(now=True)
