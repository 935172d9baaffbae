-- :count finished orders over the last ninety days, whole. For the bench only: goods and shops of the demo are there.

create temporary table old as select i, gen_random_uuid() as id, gen_random_uuid() as raw, gen_random_uuid() as line,
  gen_random_uuid() as parcel, now() - interval '90 days' * (1 - i::float8 / :count) - interval '2 hours' as at,
  (select id from shop order by platform offset i % 4 limit 1) as shop,
  (array['jd', 'pinduoduo', 'shopee', 'taobao'])[1 + i % 4] as platform,
  (select id from sku order by code offset i % 24 limit 1) as sku from generate_series(1, :count) i;

insert into wave(id, no, warehouse, state, orders, units, created_at, on_floor)
  select gen_random_uuid(), 'OLD-' || w, (select id from warehouse limit 1), 'done', 20, 30, min(at), false
  from (select i / 20 as w, at from old) x group by w;

insert into raw_order(id, shop, external_id, content_hash, sealed, sealed_key, redacted, received_at, state)
  select raw, shop, 'OLD' || i, decode(md5(i::text), 'hex'), convert_to(repeat('x', 1500), 'UTF8'), gen_random_uuid(),
  jsonb_build_object('tid', i, 'text', repeat('t', 600)), at, 'mapped' from old;

insert into sales_order(raw, id, no, shop, platform, external_id, platform_state, placed_at, paid_at, modified_at,
  goods_minor, total_minor, receiver_version, taken_at, review_due, reviewed_at, reserved_at, wave, picked_at,
  packed_at, handed_over_at, written_back_at, collected_at, completed_at, provenance)
  select raw, o.id, 'ZO-' || lpad(i::text, 7, '0'), shop, platform, 'OLD' || i, 'completed', at, at, at, 5900, 5900, 1,
  at, false, at, at, w.id, at, at, at, at, at, at, jsonb_build_object('state', repeat('p', 300))
  from old o join wave w on w.no = 'OLD-' || (i / 20);

insert into order_line(id, order_id, pos, line_key, title, outer_code, qty, unit_minor, sku, picked)
  select line, id, 0, '1', '【演示】商品', '', 1, 5900, sku, 1 from old;

insert into receiver_version(id, order_id, version, masked, token, region, sealed, sealed_key, digest, made_at)
  select gen_random_uuid(), id, 1, '{"name": "王**", "phone": "1*********1"}', '{"oaid": "x"}', '["浙江省", "杭州市"]',
  convert_to(repeat('x', 300), 'UTF8'), gen_random_uuid(), decode(md5('r' || i), 'hex'), at from old;

insert into reservation(id, line, order_id, sku, warehouse, qty, state, made_at, ended_at)
  select gen_random_uuid(), line, id, sku, (select id from warehouse limit 1), 1, 'claimed', at, at from old;

insert into stock_ledger(sku, warehouse, kind, on_hand, reserved, order_id, line, made_at)
  select sku, (select id from warehouse limit 1), k, 0, 0, id, line, at from old, unnest(array['reserve', 'ship']) k;

insert into parcel(id, no, order_id, order_no, warehouse, state, waybill_no, carrier, label_version, label_state,
  items, made_at, handed_over_at, manifested_at, collected_at, delivered_at, on_floor)
  select parcel, 'ZPOLD' || i, id, 'ZO-' || lpad(i::text, 7, '0'), (select id from warehouse limit 1), 'handed_over',
  'SLXOLD' || i, 'SLX', 1, 'ready', '[]', at, at, at, at, at, false from old;

insert into pick(id, wave, order_id, line, sku, sku_code, qty, picked, state, on_floor)
  select gen_random_uuid(), w.id, o.id, line, sku, 'X', 1, 1, 'done', false
  from old o join wave w on w.no = 'OLD-' || (i / 20);

insert into event(id, kind, subject_kind, subject_id, happened_at, recorded_at)
  select gen_random_uuid(), k, case when k like 'parcel%' then 'parcel' else 'order' end,
  case when k like 'parcel%' then parcel else o.id end, at, at
  from old o, unnest(array['order_taken', 'order_reviewed', 'stock_reserved', 'pick_confirmed', 'order_picked',
  'parcel_packed', 'parcel_handed_over', 'order_shipped', 'order_written_back', 'parcel_delivered',
  'order_completed']) k order by o.i;

insert into job(id, kind, key, state, run_at, give_up_at, done_at)
  select gen_random_uuid(), 'shipping.write_back', parcel::text, 'done', at, at, at from old
  where at > now() - interval '14 days';

insert into task(id, kind, subject_kind, subject_id, order_id, reason, opened_at, closed_at, outcome)
  select gen_random_uuid(), 'hold', 'order', id, id, 'buyer_note', at, at, 'released' from old where i % 8 = 0;

insert into sync_event(id, dev, n, who, kind, at, mono, boot, base, body, code, happened_ms)
  select decode(md5(i || k), 'hex'), decode(md5('dev' || i % 3), 'hex'), i * 4 + length(k), '', 1, 0, 0, 0, 0,
  convert_to(repeat('b', 40), 'UTF8'), 0, 0 from old, unnest(array['a', 'bb', 'ccc']) k;
