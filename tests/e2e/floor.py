"""What the end-to-end tests do again and again: orders into a wave, a whole wave on one phone, the books compared."""

from functools import partial
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

from playwright.sync_api import expect

from server.sandbox.model import Platform
from tests.e2e.browser import PARCEL, PICK, WAVE, Phone
from tests.e2e.house import House, until

PLATFORMS: tuple[Platform, ...] = get_args(Platform)

# Columns of the rows that devices hold (server/devices/shapes.py).
P_ID, P_WAVE, P_ORDER, P_SLOT, P_SKU, P_NAME, P_VARIANT, P_BIN, P_CODES, P_QTY, P_PICKED = range(11)
C_ID, C_NO, C_ORDER, C_WAVE, C_SLOT, C_STATE, C_WAYBILL = range(7)
C_STOP, C_ITEMS, C_LABEL_STATE, C_OLD = 11, 12, 13, 14


def at_work(house: House, phone: Phone, device: str, login: str = "picker") -> str:
    """Log in on this phone, so that a later kill finds the session written; the device's id at the server."""
    phone.log_in(login, house.logins[login], device)
    phone.on_floor()
    phone.installed()
    phone.close()
    phone.start()
    phone.on_floor()
    found = until("the device is enrolled", lambda: house.sql("select id from device where name = $1", device))
    return str(found[0]["id"])


def ready(house: House, external_ids: list[str]) -> list[dict[str, Any]]:
    """Wait until these orders came in, passed review and have their stock; their rows."""
    query = """select id, no, platform, external_id from sales_order
               where external_id = any($1::text[]) and reserved_at is not null order by platform"""

    def all_ready() -> list[dict[str, Any]]:
        rows = house.sql(query, external_ids)
        return rows if len(rows) == len(external_ids) else []

    return until("orders are ready", all_ready, 90)


def wave_for(house: House, device_id: str, orders: list[dict[str, Any]]) -> dict[str, Any]:
    """A wave of exactly these orders for a device, made over the API."""
    with house.api("kefu") as kefu:
        wave: dict[str, Any] = kefu.post("waves", {"device_id": device_id, "order_ids": [str(o["id"]) for o in orders]})
    return wave


def arrived(phone: Phone, wave_no: str) -> list[list[Any]]:
    """Wait until the phone holds the wave, its picks and a valid label of each parcel; its parcels."""
    wave = until(f"{wave_no} on the phone", lambda: [w for w in phone.rows(WAVE) if w[1] == wave_no])[0]

    def labelled() -> list[list[Any]]:
        mine = [p for p in phone.rows(PARCEL) if p[C_WAVE] == wave[0]]
        good = len(mine) == wave[3] and all(p[C_WAYBILL] and p[C_LABEL_STATE] == "ready" for p in mine)
        return mine if good and any(p[P_WAVE] == wave[0] for p in phone.rows(PICK)) else []

    return sorted(until(f"labels of {wave_no} on the phone", labelled), key=lambda p: int(p[C_SLOT]))


def to_scan(phone: Phone, wave_id: str) -> list[str]:
    """The barcodes to scan, one for each unit, in the order of the walk."""
    mine = [p for p in phone.rows(PICK) if p[P_WAVE] == wave_id]
    mine.sort(key=lambda p: (p[P_BIN], p[P_SKU], int(p[P_SLOT]), p[P_ID]))
    return [p[P_CODES][0] for p in mine for _ in range(p[P_QTY])]


def pick(phone: Phone, codes: list[str], *, before: int = 0, last: bool = True) -> None:
    """Scan these units without network. before: acts that wait on the device already."""
    for n, code in enumerate(codes, start=1):
        ended = last and n == len(codes)
        phone.scan_for(code, "done" if ended else "right", "波次拣完" if ended else "对")
        until("the scan is stored", partial(stored, phone, before + n), every=0.02)


def stored(phone: Phone, acts: int) -> bool:
    """So many acts lie in the outbox, and the header says how much waits."""
    return len(phone.acts()) == acts and phone.unsent() == len(phone.outbox())


def pack(phone: Phone, wave_no: str, parcel: list[Any]) -> None:
    """Open a parcel by its slot, scan every unit, finish with its label."""
    phone.scan(f"ZSLOT-{wave_no}-{parcel[C_SLOT]}")
    expect(phone.page.locator(".f-progress")).to_contain_text(parcel[C_NO])
    units = [codes[0] for _, _, _, qty, codes in parcel[C_ITEMS] for _ in range(qty)]
    for n, code in enumerate(units, start=1):
        if n == len(units):
            phone.scan_for(code, "done", "全部核对")
        else:
            phone.scan_for(code, "right", "对")
    phone.scan_for(parcel[C_WAYBILL], "done", "打包完成", parcel[C_NO])


def all_sent(phone: Phone) -> None:
    until("待上传 0", lambda: phone.unsent() == 0 and not phone.outbox(), 90)


def counted_once(house: House, events: list[dict[str, Any]]) -> None:
    """Each event of a device's outbox is at the server once, and had its effect once."""
    ids = [UUID(e["id"]) for e in events]
    assert len(set(ids)) == len(ids)
    came = house.sql(
        "select id, code, count(*) over (partition by dev, n) as copies from sync_event where id = any($1::bytea[])",
        [i.bytes for i in ids],
    )
    assert sorted(UUID(bytes=r["id"]) for r in came) == sorted(ids), "events of the outbox that the server lacks"
    assert all(r["copies"] == 1 for r in came)
    effects = {1: "pick_confirmed", 4: "parcel_packed", 5: "parcel_handed_over"}
    rows = house.sql("select kind, cause from event where cause = any($1::uuid[])", ids)
    for e in events:
        if e["kind"] in effects:
            found = [r for r in rows if r["cause"] == UUID(e["id"]) and r["kind"] == effects[e["kind"]]]
            assert len(found) == 1, f"{len(found)} effects of {e}"


def shipped(house: House, platform: str, external_id: str) -> dict[str, Any]:
    """Wait until the shop knows that the order is shipped; what it was told."""

    def told() -> dict[str, Any]:
        return house.control.order(platform, external_id)["shipped"] or {}

    return until(f"{platform} {external_id} is shipped in its shop", told, 90)


def collected(house: House, platform: str, external_id: str) -> None:
    """Wait until the carrier has it."""
    until(f"{external_id} is collected", lambda: house.control.order(platform, external_id)["collected"], 90)


def books_balance(house: House) -> None:
    """Ledger, balances and open reservations say the same of every SKU; nothing is below zero."""
    wrong = house.sql(
        """select k.code, s.on_hand, s.reserved, l.on_hand as l_on_hand, l.reserved as l_reserved, r.qty as open
           from stock s join sku k on k.id = s.sku
           left join (select sku, sum(on_hand) as on_hand, sum(reserved) as reserved from stock_ledger group by sku) l
             on l.sku = s.sku
           left join (select sku, sum(qty) as qty from reservation where state = 'granted' group by sku) r
             on r.sku = s.sku
           where s.on_hand <> coalesce(l.on_hand, 0) or s.reserved <> coalesce(l.reserved, 0)
              or s.reserved <> coalesce(r.qty, 0) or s.reserved < 0 or s.on_hand < s.reserved"""
    )
    assert not wrong, wrong


def profile(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder
