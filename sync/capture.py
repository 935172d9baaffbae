"""SQL of the engine: its tables, and the triggers that note every change of a registered table. Makes text,
runs nothing.

Triggers only insert into sync_outbox: no NOTIFY (a lock that all commits share), no reading, no deciding.
"""

from collections.abc import Sequence

from sync.shapes import Template, checked

CAUSE = "zhongshu.cause"
# With the hex of an event id: what causes the changes of this transaction from here on.
SET_CAUSE = f"select set_config('{CAUSE}', $1, true)"

# A table of marks that is always nearly empty: vacuum it early, or the mover reads dead rows.
_LIVELY = (
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_threshold = 1000000"
)

TABLES = [
    f"""create table if not exists sync_outbox (
  seq bigint generated always as identity primary key,
  tpl smallint not null,
  op "char" not null,
  pk text not null default '',
  keys text[],
  row text,
  cause bytea
) with ({_LIVELY})""",
    """create table if not exists sync_row (
  tpl smallint not null,
  pk text not null,
  keys text[] not null,
  row bytea not null,
  primary key (tpl, pk)
) with (fillfactor = 80)""",
    "create index if not exists sync_row_keys on sync_row (tpl, keys)",
    """create table if not exists sync_digest (
  tpl smallint not null,
  keys text[] not null,
  n bigint not null,
  d1 bigint not null,
  d2 bigint not null,
  primary key (tpl, keys)
) with (fillfactor = 50)""",
    """create table if not exists sync_log (
  off bigint primary key,
  tpl smallint not null,
  op "char" not null,
  pk text not null,
  old text[],
  new text[],
  row bytea,
  cause bytea,
  at timestamptz not null default now()
)""",
    """create table if not exists sync_meta (
  one boolean primary key default true check (one),
  gen uuid not null default gen_random_uuid(),
  gens uuid[] not null default array[]::uuid[],
  off bigint not null default 0,
  floor bigint not null default 0
) with (fillfactor = 50)""",
    "insert into sync_meta default values on conflict do nothing",
    """create table if not exists sync_device (
  dev bytea primary key check (length(dev) = 16),
  prev bytea references sync_device,
  last_n bigint not null default 0,
  top bigint not null default 0,
  seen bigint not null default 0,
  fork_seen bigint,
  skew_ms bigint,
  forks integer not null default 0,
  enrolled_at timestamptz not null default now(),
  received_at timestamptz
) with (fillfactor = 50)""",
    """create table if not exists sync_event (
  id bytea primary key,
  dev bytea not null,
  n bigint not null,
  who bytea not null,
  kind smallint not null,
  at bigint not null,
  mono bigint not null,
  boot bigint not null,
  base bigint not null,
  body bytea not null,
  code smallint not null,
  info bytea,
  happened_ms bigint not null,
  received_at timestamptz not null default now(),
  unique (dev, n)
)""",
    # Few events have a verdict to tell; a device that has seen none asks for all of its own with every batch.
    "create index if not exists sync_event_told on sync_event (dev, n) where code <> 0",
    # An event that came again under another life of its device: that life is told its verdict too. It
    # does not move, because a late request of the earlier life would take it back.
    """create table if not exists sync_rehomed (
  dev bytea not null,
  n bigint not null,
  id bytea not null references sync_event,
  primary key (dev, n)
)""",
    """create table if not exists sync_quarantine (
  id bytea primary key references sync_event,
  dev bytea not null,
  n bigint not null,
  event bytea not null,
  error text not null,
  at timestamptz not null default now()
)""",
]

# Triggers fire in the order of their names: ours must note a row before a trigger of the house
# changes it again.
_PREFIX = "00_sync_"

_DROP = """do $$ declare t record; begin
  for t in select tgname, tgrelid::regclass::text as tbl from pg_trigger where tgname like '00\\_sync\\_%'
    and not tgisinternal
  loop execute format('drop trigger %I on %s', t.tgname, t.tbl); end loop;
  for t in select oid::regprocedure::text as f from pg_proc where proname like 'sync\\_capture\\_%'
  loop execute 'drop function ' || t.f; end loop;
end $$"""


def install_sql(templates: Sequence[Template]) -> list[str]:
    """Tables, triggers and the first load, for exactly these templates; earlier triggers of the engine go
    away.

    Run it in one transaction: creating a trigger locks out writers, so that the load that follows misses
    nothing. Running it again is harmless: rows that are sent already are skipped.
    """
    checked(templates)
    return [*TABLES, *trigger_sql(templates), *(_load(t) for t in templates)]


def trigger_sql(templates: Sequence[Template]) -> list[str]:
    """The triggers alone."""
    out = [_DROP]
    for t in templates:
        name, table = f"{_PREFIX}{t.name}", _quote(t.table)
        call = f"execute function sync_capture_{t.id}()"
        out += [
            _function(t),
            f'create trigger "{name}_1" after insert or delete on {table} for each row {call}',
            f'create trigger "{name}_2" after update on {table} for each row when ({_changed(t)}) {call}',
            f'create trigger "{name}_3" after truncate on {table} for each statement {call}',
        ]
    return out


def source_sql(t: Template) -> str:
    """select pk, keys, row of each row that is in a shape; what the triggers would have noted."""
    every = f"select {pk(t, 'r')} as pk, {keys(t, 'r')} as keys, {row(t, 'r')} as row from {_quote(t.table)} r"
    return f"select pk, keys, row from ({every}) s where keys is not null"


def pk(t: Template, r: str) -> str:
    return f"({_at(t.columns[0].sql, r)})::text"


def keys(t: Template, r: str) -> str:
    """The row's shape key as text[], or null when it is in no shape."""
    parts = [f"({_at(k if '{r}' in k else '{r}.' + _quote(k), r)})::text" for k in t.key]
    conditions = [f"{p} is not null" for p in parts]
    if t.only:
        conditions.append(f"({_at(t.only, r)})")
    return f"case when {' and '.join(conditions)} then array[{', '.join(parts)}] end"


def row(t: Template, r: str) -> str:
    """The row as JSON array text.

    The primary key goes as text, whatever its type, so that it equals Del.pk.
    """
    return f"json_build_array({', '.join([pk(t, r), *(_at(c.sql, r) for c in t.columns[1:])])})::text"


def _function(t: Template) -> str:
    return f"""create or replace function sync_capture_{t.id}() returns trigger language plpgsql as $$
declare
  old_keys text[];
  new_keys text[];
  cause bytea := decode(nullif(current_setting('{CAUSE}', true), ''), 'hex');
begin
  if tg_op = 'TRUNCATE' then
    insert into sync_outbox (tpl, op, cause) values ({t.id}, 't', cause);
    return null;
  end if;
  if tg_op <> 'INSERT' then old_keys := {keys(t, "old")}; end if;
  if tg_op <> 'DELETE' then new_keys := {keys(t, "new")}; end if;
  if tg_op = 'DELETE' then
    if old_keys is not null then
      insert into sync_outbox (tpl, op, pk, cause) values ({t.id}, 'd', {pk(t, "old")}, cause);
    end if;
    return null;
  end if;
  if tg_op = 'UPDATE' and old_keys is not null then
    if {pk(t, "old")} is distinct from {pk(t, "new")} then
      insert into sync_outbox (tpl, op, pk, cause) values ({t.id}, 'd', {pk(t, "old")}, cause);
    elsif new_keys is null then
      insert into sync_outbox (tpl, op, pk, cause) values ({t.id}, 'o', {pk(t, "new")}, cause);
    end if;
  end if;
  if new_keys is not null then
    insert into sync_outbox (tpl, op, pk, keys, row, cause)
      values ({t.id}, 'p', {pk(t, "new")}, new_keys, {row(t, "new")}, cause);
  end if;
  return null;
end $$"""


def _changed(t: Template) -> str:
    """Some value that is sent, or the key, is another than before.

    No `old = new` on the whole row: other columns do not count.
    """
    parts = [c.sql for c in t.columns] + [k if "{r}" in k else "{r}." + _quote(k) for k in t.key]
    if t.only:
        parts.append(t.only)
    return " or ".join(f"({_at(p, 'old')}) is distinct from ({_at(p, 'new')})" for p in dict.fromkeys(parts))


def _load(t: Template) -> str:
    rows = f"select {t.id}, 'p', pk, keys, row from ({source_sql(t)}) s order by pk"
    return f"insert into sync_outbox (tpl, op, pk, keys, row) {rows}"


def _at(sql: str, r: str) -> str:
    return sql.replace("{r}", r)


def _quote(name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))
