-- The catalogue in full: SKUs that are retired, bundles, listings as their shops show them, files of goods.
alter table sku add column retired_at timestamptz;
create index sku_by_code on sku (upper(code));
create index barcode_by_code on barcode (upper(code));

-- 组合装: what a bundle is made of. A SKU that has parts is a bundle; it lies on no shelf itself.
create table bundle_part (
  id uuid primary key,
  bundle uuid not null references sku (id) on delete restrict,
  part uuid not null references sku (id) on delete restrict,
  qty integer not null default 0,
  unique (bundle, part),
  constraint some_of_another check (qty > 0 and bundle <> part)
);
create index bundle_part_bundle on bundle_part (bundle);
create index bundle_part_part on bundle_part (part);

-- Until now a listing was written down when a person matched it.
alter table listing
  alter column sku drop not null,
  alter column matched_at drop not null,
  alter column matched_at drop default,
  add column how text not null default '',
  add column outer_code text not null default '',
  add column barcode text not null default '',
  add column title text not null default '',
  add column spec text not null default '',
  add column state text not null default 'on',
  add column qty integer,
  add column first_at timestamptz not null default now(),
  add column seen_at timestamptz;
update listing set how = 'hand';
-- A line without any number of its platform matched every other such line of its shop: those are asked anew.
delete from listing where item = '' and platform_sku = '';
create index listing_of_shop on listing (shop, id);
create index listing_unmatched on listing (id) where sku is null;
create index order_line_unmatched on order_line (order_id) where sku is null;

alter table shop
  add column listings_at timestamptz,
  add column listings_said jsonb not null default '{}';

-- Files of goods belong to no shop.
alter table import_file
  alter column shop drop not null,
  add column kind text not null default 'orders';
