-- Versions of mapping rules. A platform without one is mapped by the file that comes with the house (version 0).
-- A draft has no applied_at; in force is the highest version that was applied.
create table rule_version (
  id uuid primary key,
  platform text not null default '',
  version integer not null default 0,
  base integer not null default 0,
  same_as integer,
  body text not null default '',
  author uuid,
  reason text not null default '',
  created_at timestamptz not null default now(),
  applied_at timestamptz,
  applied_by uuid
);
create unique index rule_version_once on rule_version (platform, version);
create index rule_version_applied on rule_version (platform, version desc) where applied_at is not null;

-- What is written stays as it was said: only that it was applied may be added, once.
create function rule_version_stays() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.applied_at is null
     and (old.id, old.platform, old.version, old.base, old.same_as, old.body, old.author, old.reason, old.created_at)
         is not distinct from
         (new.id, new.platform, new.version, new.base, new.same_as, new.body, new.author, new.reason, new.created_at)
  then
    return new;
  end if;
  raise exception 'rule_version is append-only' using errcode = 'restrict_violation';
end $$;
create trigger rule_version_stays before update or delete on rule_version
  for each row execute function rule_version_stays();

-- A preview or a replay: raw orders are walked by id, `cursor` is the last one that is settled.
create table rule_run (
  id uuid primary key,
  kind text not null default 'preview',
  platform text not null default '',
  version integer not null default 0,
  state text not null default 'running',
  cursor uuid,
  total integer not null default 0,
  seen integer not null default 0,
  changed integer not null default 0,
  kept integer not null default 0,
  counts jsonb not null default '{}',
  error text not null default '',
  person uuid,
  made_at timestamptz not null default now(),
  ended_at timestamptz
);
create index rule_run_newest on rule_run (platform, made_at desc);

-- Order by order: what the run changes or would change. No buyer's words: targets of rules never read personal fields.
create table rule_change (
  id uuid primary key,
  run uuid not null references rule_run (id) on delete restrict,
  raw uuid not null,
  external_id text not null default '',
  fields jsonb not null default '{}'
);
create unique index rule_change_once on rule_change (run, raw);
