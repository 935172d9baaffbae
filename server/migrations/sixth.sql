-- Order files that people imported: what became of each row. No buyer's words, and the file itself is not kept.
create table import_file (
  id uuid primary key,
  shop uuid not null references shop (id) on delete restrict,
  name text not null default '',
  size integer not null default 0,
  sha256 bytea not null default '',
  state text not null default 'done',
  mode text not null default '',
  rows integer not null default 0,
  good integer not null default 0,
  bad integer not null default 0,
  made_by uuid,
  made_at timestamptz not null default now()
);
create index import_file_shop on import_file (shop, sha256);

create table import_row (
  id uuid primary key,
  file uuid not null references import_file (id) on delete restrict,
  row_no integer not null default 0,
  external_id text not null default '',
  outcome text not null default '',
  message text not null default ''
);
create index import_row_file on import_row (file, row_no);
