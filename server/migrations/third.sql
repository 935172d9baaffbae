-- Authorisation: until when, and whether calls rest because the platform does not answer.
alter table shop
  add column granted_at timestamptz,
  add column access_until timestamptz,
  add column refresh_until timestamptz,
  add column failures integer not null default 0,
  add column open_until timestamptz,
  add column progress jsonb not null default '{}',
  add column refund_watermark timestamptz not null default now();
update shop set refund_watermark = watermark;

-- The owner of a shop was sent to the platform to say yes; the word that comes back with the answer works once.
create table shop_consent (
  id uuid primary key,
  shop uuid not null references shop (id) on delete restrict,
  word bytea not null,
  redirect text not null default '',
  person uuid,
  made_at timestamptz not null default now(),
  used_at timestamptz
);
create unique index shop_consent_word on shop_consent (word);
create index shop_consent_shop on shop_consent (shop);

-- Somebody said that there is something to see: a push, or we ourselves because an answer made no sense.
create table hint (
  id uuid primary key,
  shop uuid not null references shop (id) on delete restrict,
  kind text not null default '',
  external_id text not null default '',
  message text not null default '',
  source text not null default '',
  tries integer not null default 0,
  error text not null default '',
  received_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  looked_at timestamptz
);
create index hint_shop on hint (shop);
create index hint_due on hint (shop, due_at) where looked_at is null;
create unique index hint_message on hint (shop, message) where message <> '';
create unique index hint_again on hint (shop, kind, external_id) where source = 'again' and looked_at is null;

-- After-sales cases as the platforms know them.
create table refund_case (
  id uuid primary key,
  shop uuid not null references shop (id) on delete restrict,
  external_id text not null default '',
  order_external_id text not null default '',
  state text not null default 'unknown',
  kind text not null default 'other',
  amount_minor bigint,
  currency text not null default 'CNY',
  line_keys text[] not null default '{}',
  waybill_no text not null default '',
  sealed bytea not null default '',
  sealed_key uuid not null,
  modified_at timestamptz,
  seen_at timestamptz not null default now()
);
create unique index refund_case_once on refund_case (shop, external_id);
create index refund_case_shop on refund_case (shop);
create index refund_case_order on refund_case (shop, order_external_id);

-- Orders of days that are past, read once more day by day.
create table backfill (
  id uuid primary key,
  shop uuid not null references shop (id) on delete restrict,
  day_from date not null,
  day_to date not null,
  next_day date not null,
  state text not null default 'running',
  seen integer not null default 0,
  stored integer not null default 0,
  error text not null default '',
  person uuid,
  made_at timestamptz not null default now(),
  ended_at timestamptz
);
create index backfill_shop on backfill (shop);
create unique index backfill_one on backfill (shop) where state = 'running';

-- What holds for the whole installation and was decided at run time.
create table house_setting (
  name text primary key,
  value jsonb not null default '{}',
  set_at timestamptz not null default now()
);
