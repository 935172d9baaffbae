-- The schema of the first release, as Piccolo's table classes describe it, plus what they cannot say: partial
-- indexes, and triggers that keep append-only tables append-only. tests/shape/test_schema.py holds the two together.
-- Shapes of the sync engine install their own tables (sync/capture.py) when `zhongshu migrate` runs.

create table data_key (
  id uuid primary key,
  shop uuid not null,
  month text not null default '',
  wrapped bytea,
  created_at timestamptz not null default now(),
  destroyed_at timestamptz
);

create table event (
  seq bigserial primary key,
  id uuid unique not null,
  kind text not null default '',
  subject_kind text not null default '',
  subject_id uuid not null,
  happened_at timestamptz not null default now(),
  recorded_at timestamptz not null default now(),
  person uuid,
  device uuid,
  reason text not null default '',
  frm jsonb not null default '{}',
  "to" jsonb not null default '{}',
  rule text not null default '',
  cause uuid,
  trace text not null default ''
);

create table job (
  id uuid primary key,
  kind text not null default '',
  key text not null default '',
  args jsonb not null default '{}',
  state text not null default 'ready',
  run_at timestamptz not null default now(),
  give_up_at timestamptz not null default now(),
  lease_until timestamptz,
  sent_at timestamptz,
  fence bigint not null default 0,
  attempts integer not null default 0,
  tries integer not null default 0,
  last_error text not null default '',
  created_at timestamptz not null default now(),
  done_at timestamptz
);

create table running_number (
  id serial primary key,
  name text unique not null,
  n bigint not null default 0
);

create table login_try (
  id uuid primary key,
  login text not null default '',
  made_at timestamptz not null default now()
);

create table person (
  id uuid primary key,
  login text unique not null,
  name text not null default '',
  role text not null default '',
  password text not null default '',
  active boolean not null default true,
  created_at timestamptz not null default now()
);

create table notice (
  id uuid primary key,
  role text not null default '',
  person uuid,
  kind text not null default '',
  title text not null default '',
  body text not null default '',
  link text not null default '',
  made_at timestamptz not null default now()
);

create table notice_read (
  id uuid primary key,
  notice uuid not null,
  person uuid not null,
  read_at timestamptz not null default now()
);

create table task (
  id uuid primary key,
  kind text not null default '',
  subject_kind text not null default '',
  subject_id uuid not null,
  order_id uuid,
  warehouse uuid,
  reason text not null default '',
  detail jsonb not null default '{}',
  owner uuid,
  opened_at timestamptz not null default now(),
  due_at timestamptz,
  closed_at timestamptz,
  closed_by uuid,
  outcome text not null default ''
);

create table sku (
  id uuid primary key,
  code text unique not null,
  name text not null default '',
  variant text not null default '',
  bin text not null default '',
  photo text not null default '',
  created_at timestamptz not null default now()
);

create table warehouse (
  id uuid primary key,
  code text unique not null,
  name text not null default ''
);

create table shop (
  id uuid primary key,
  platform text not null default '',
  external_id text not null default '',
  name text not null default '',
  base_url text not null default '',
  app_key text not null default '',
  secret bytea not null default '',
  secret_key uuid not null,
  settings jsonb not null default '{}',
  state text not null default 'on',
  watermark timestamptz not null default now(),
  last_pull_at timestamptz,
  trouble text not null default '',
  created_at timestamptz not null default now()
);

create table carrier (
  id uuid primary key,
  code text unique not null,
  name text not null default '',
  base_url text not null default '',
  app_key text not null default '',
  secret bytea not null default '',
  secret_key uuid not null,
  cursor text not null default ''
);

create table print_job (
  id uuid primary key,
  kind text not null default '',
  subject_id uuid not null,
  subject_no text not null default '',
  version integer not null default 1,
  state text not null default 'waiting',
  pages integer not null default 0,
  pdf bytea,
  error text not null default '',
  made_at timestamptz not null default now(),
  ready_at timestamptz,
  printed_at timestamptz
);
create index print_job_subject_id on print_job (subject_id);

create table floor_verdict (
  id uuid primary key,
  device uuid not null,
  n bigint not null,
  code integer not null,
  message text not null default '',
  task uuid,
  made_at timestamptz not null default now()
);

create table device (
  id uuid primary key,
  dev bytea unique not null,
  name text not null default '',
  person uuid,
  warehouse uuid not null,
  rights_epoch integer not null default 1,
  unsent integer not null default 0,
  enrolled_at timestamptz not null default now(),
  seen_at timestamptz,
  revoked_at timestamptz
);

create table session (
  id uuid primary key,
  token_hash bytea unique not null,
  person uuid not null references person (id) on delete restrict,
  face text not null default 'desk',
  device uuid,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  ends_at timestamptz not null default now(),
  ended_at timestamptz
);
create index session_person on session (person);

create table barcode (
  id serial primary key,
  code text unique not null,
  sku uuid not null references sku (id) on delete restrict
);
create index barcode_sku on barcode (sku);

create table listing (
  id uuid primary key,
  shop uuid not null,
  item text not null default '',
  platform_sku text not null default '',
  sku uuid not null references sku (id) on delete restrict,
  matched_by uuid,
  matched_at timestamptz not null default now()
);
create index listing_sku on listing (sku);

create table reservation (
  id uuid primary key,
  line uuid not null,
  order_id uuid not null,
  sku uuid not null references sku (id) on delete restrict,
  warehouse uuid not null references warehouse (id) on delete restrict,
  qty integer not null default 0,
  state text not null default 'granted',
  made_at timestamptz not null default now(),
  ended_at timestamptz
);
create index reservation_order_id on reservation (order_id);
create index reservation_sku on reservation (sku);
create index reservation_warehouse on reservation (warehouse);

create table stock (
  id uuid primary key,
  sku uuid not null references sku (id) on delete restrict,
  warehouse uuid not null references warehouse (id) on delete restrict,
  on_hand integer not null default 0,
  reserved integer not null default 0,
  unique (sku, warehouse),
  constraint never_oversold check (reserved >= 0 and on_hand >= reserved)
);
create index stock_sku on stock (sku);
create index stock_warehouse on stock (warehouse);

create table stock_ledger (
  id bigserial primary key,
  sku uuid not null references sku (id) on delete restrict,
  warehouse uuid not null references warehouse (id) on delete restrict,
  kind text not null default '',
  on_hand integer not null default 0,
  reserved integer not null default 0,
  order_id uuid,
  line uuid,
  person uuid,
  reason text not null default '',
  made_at timestamptz not null default now()
);
create index stock_ledger_sku on stock_ledger (sku);
create index stock_ledger_warehouse on stock_ledger (warehouse);

create table wave (
  id uuid primary key,
  no text unique not null,
  warehouse uuid not null references warehouse (id) on delete restrict,
  device uuid,
  state text not null default 'open',
  orders integer not null default 0,
  units integer not null default 0,
  created_ms bigint not null default 0,
  created_at timestamptz not null default now(),
  created_by uuid,
  on_floor boolean not null default true
);
create index wave_warehouse on wave (warehouse);

create table parcel (
  id uuid primary key,
  no text unique not null,
  order_id uuid not null,
  order_no text not null default '',
  wave uuid,
  warehouse uuid not null references warehouse (id) on delete restrict,
  slot text not null default '',
  state text not null default 'picking',
  waybill_no text not null default '',
  carrier text not null default '',
  route_code text not null default '',
  order_version integer not null default 1,
  label_version integer not null default 0,
  label_state text not null default 'none',
  stop text not null default '',
  items jsonb not null default '{}',
  old_waybills text[] not null default '{}',
  wave_no text not null default '',
  made_at timestamptz not null default now(),
  packed_at timestamptz,
  handed_over_at timestamptz,
  manifested_at timestamptz,
  collected_at timestamptz,
  delivered_at timestamptz,
  on_floor boolean not null default true
);
create index parcel_order_id on parcel (order_id);
create index parcel_warehouse on parcel (warehouse);

create table sales_order (
  raw uuid not null,
  id uuid primary key,
  no text unique not null,
  shop uuid not null references shop (id) on delete restrict,
  platform text not null default '',
  external_id text not null default '',
  platform_state text not null default 'unknown',
  placed_at timestamptz,
  paid_at timestamptz,
  modified_at timestamptz,
  currency text not null default 'CNY',
  goods_minor bigint not null default 0,
  discount_minor bigint not null default 0,
  freight_minor bigint not null default 0,
  total_minor bigint not null default 0,
  refund text not null default 'none',
  refund_asked_at timestamptz,
  risk_at timestamptz,
  risk boolean not null default false,
  locked boolean not null default false,
  self_fulfilled boolean not null default false,
  note_present boolean not null default false,
  provenance jsonb not null default '{}',
  version integer not null default 1,
  receiver_version integer not null default 0,
  taken_at timestamptz not null default now(),
  cancelled_at timestamptz,
  review_due boolean not null default true,
  reviewed_at timestamptz,
  short_at timestamptz,
  reserved_at timestamptz,
  wave uuid,
  picked_at timestamptz,
  packed_at timestamptz,
  handed_over_at timestamptz,
  written_back_at timestamptz,
  collected_at timestamptz,
  completed_at timestamptz,
  unique (shop, external_id)
);
create index sales_order_shop on sales_order (shop);

create table raw_order (
  id uuid primary key,
  shop uuid not null references shop (id) on delete restrict,
  external_id text not null default '',
  content_hash bytea not null default '',
  sealed bytea not null default '',
  sealed_key uuid not null,
  redacted jsonb not null default '{}',
  modified_at timestamptz,
  received_at timestamptz not null default now(),
  state text not null default 'new',
  error text not null default ''
);
create index raw_order_shop on raw_order (shop);

create table pick (
  id uuid primary key,
  wave uuid not null references wave (id) on delete restrict,
  device uuid,
  order_id uuid not null,
  line uuid not null,
  order_no text not null default '',
  slot text not null default '',
  sku uuid not null references sku (id) on delete restrict,
  sku_code text not null default '',
  name text not null default '',
  variant text not null default '',
  bin text not null default '',
  barcodes text[] not null default '{}',
  qty integer not null default 0,
  picked integer not null default 0,
  state text not null default 'open',
  photo text not null default '',
  seq integer not null default 0,
  on_floor boolean not null default true
);
create index pick_wave on pick (wave);
create index pick_order_id on pick (order_id);
create index pick_sku on pick (sku);

create table order_line (
  id uuid primary key,
  order_id uuid not null references sales_order (id) on delete restrict,
  pos integer not null default 0,
  line_key text not null default '',
  title text not null default '',
  spec text not null default '',
  outer_code text not null default '',
  platform_item text not null default '',
  platform_sku text not null default '',
  qty integer not null default 0,
  unit_minor bigint not null default 0,
  paid_minor bigint,
  refund text not null default 'none',
  gift boolean not null default false,
  gone boolean not null default false,
  sku uuid references sku (id) on delete restrict,
  picked integer not null default 0,
  unique (order_id, line_key)
);
create index order_line_order_id on order_line (order_id);
create index order_line_sku on order_line (sku);

create table receiver_version (
  id uuid primary key,
  order_id uuid not null references sales_order (id) on delete restrict,
  version integer not null default 0,
  masked jsonb not null default '{}',
  token jsonb not null default '{}',
  region jsonb not null default '{}',
  plain boolean not null default false,
  sealed bytea,
  sealed_key uuid,
  digest bytea not null default '',
  note_digest bytea not null default '',
  made_at timestamptz not null default now(),
  expires_at timestamptz,
  unique (order_id, version)
);
create index receiver_version_order_id on receiver_version (order_id);

-- Work: at most one ready and one leased row of a kind and key; a follow-up committed during a run is not lost.
create unique index job_one_ready on job (kind, key) where state = 'ready';
create unique index job_one_leased on job (kind, key) where state = 'leased';
create index job_due on job (run_at) where state in ('ready', 'leased');
create index job_done on job (done_at) where state in ('done', 'parked');

-- A reason is told once while it waits.
create unique index task_once on task (kind, subject_id, reason) where closed_at is null;
create index task_open on task (kind, opened_at) where closed_at is null;
create index task_of_order on task (order_id);
create index task_of_subject on task (subject_id, kind);

create unique index data_key_of_month on data_key (shop, month);
create unique index notice_read_once on notice_read (person, notice);
create index notice_newest on notice (role, made_at desc);
create index event_of_subject on event (subject_kind, subject_id, seq);
create index receiver_version_digest on receiver_version (digest);
create index event_of_kind on event (kind, recorded_at);
create index login_try_recent on login_try (login, made_at);

create unique index shop_once on shop (platform, external_id);
create unique index listing_once on listing (shop, item, platform_sku);

create unique index raw_order_content on raw_order (shop, external_id, content_hash);
create index raw_order_new on raw_order (shop, received_at, id) where state = 'new';

create index sales_order_newest on sales_order (taken_at desc, id desc);
create index sales_order_review on sales_order (paid_at nulls last, id) where review_due;
create index sales_order_reserve on sales_order (paid_at, id) where reviewed_at is not null and reserved_at is null;
create index sales_order_ready on sales_order (paid_at, id) where reserved_at is not null and wave is null;
create index sales_order_external on sales_order (external_id);
create index sales_order_handed_over on sales_order (handed_over_at) where handed_over_at is not null;
create index sales_order_wave on sales_order (wave) where wave is not null;
create index order_line_listing on order_line (platform_item, platform_sku) where sku is null;

-- 占用: one living reservation of an order line and SKU; a released one may be followed by another.
create unique index reservation_once on reservation (line, sku) where state <> 'released';

create index pick_open on pick (wave, seq) where state = 'open';
create index parcel_waybill on parcel (waybill_no) where waybill_no <> '';
create index parcel_wave on parcel (wave);
create index parcel_old_waybills on parcel using gin (old_waybills);
create index parcel_no_label on parcel (made_at, id) where state in ('picking', 'ready', 'packed');
create index parcel_under_way on parcel (handed_over_at) where state = 'handed_over' and delivered_at is null;
create index floor_verdict_of_device on floor_verdict (device, made_at);
create index print_job_newest on print_job (made_at desc);

create function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger event_append_only before update or delete or truncate on event
  for each statement execute function append_only();
create trigger stock_ledger_append_only before update or delete or truncate on stock_ledger
  for each statement execute function append_only();
