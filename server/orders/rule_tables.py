"""Versions of mapping rules, and the runs that preview or replay them over raw orders."""

from piccolo.columns import UUID, Integer
from piccolo.table import Table

from server.kit.columns import at, key, obj, ref, text


class RuleVersion(Table, tablename="rule_version"):
    """Append-only. base: the version it was made from. same_as: it is an undo, equal to that one. body: JSON rules."""

    id = key()
    platform = text()
    version = Integer()
    base = Integer()
    same_as = Integer(null=True, default=None)
    body = text()
    author = UUID(null=True, default=None)
    reason = text()
    created_at = at(now=True)
    applied_at = at(null=True)
    applied_by = UUID(null=True, default=None)


class RuleRun(Table, tablename="rule_run"):
    """kind: preview, replay. state: running, done, cancelled, failed. kept: left as they are."""

    id = key()
    kind = text("preview")
    platform = text()
    version = Integer()
    state = text("running")
    cursor = UUID(null=True, default=None)
    total = Integer()
    seen = Integer()
    changed = Integer()
    kept = Integer()
    counts = obj()
    error = text()
    person = UUID(null=True, default=None)
    made_at = at(now=True)
    ended_at = at(null=True)


class RuleChange(Table, tablename="rule_change"):
    """One order that a run changes: field -> [was, is]."""

    id = key()
    run = ref(RuleRun)
    raw_id = UUID(db_column_name="raw")
    external_id = text()
    fields = obj()
