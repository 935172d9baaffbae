"""Random damage to sample bodies: nothing raises, no order is lost, and no personal value shows anywhere."""

import json
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server import rulebook
from server.errors import Malformed
from server.orders.mapping import MappedOrder, bodies, map_order, personal
from server.orders.preview import preview
from tests.contract.mapping import samples

CANARY = "KANARIE"
"""Four letters longer than what a mask may show of a phone number."""
TOKENS = frozenset({"oaid"})
"""Personal for screens, but kept in clear in the receiver: the platform's own token."""


def _orders() -> list[tuple[str, dict[str, Any]]]:
    return [
        (platform, json.loads(one.body))
        for platform, file in samples.found(samples.PATTERNS)
        for one in bodies[platform].split(file.read_bytes()).orders
    ]


ORDERS = _orders()

nasty = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, -1, 1, 10**18, 2**63, 2**64, 1e308, -0.0, 0.005, 1e-9]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        ["", "\0", "NaN", "-5", "1e999999", "99999999999999999999", "0001-01-01 00:00:00", "2026-13-45 99:00:00",
         "9999-12-31 23:59:59", "0001-01-01T00:00:00+14:00", "１２", "****", "~a~", "\ud83d\ude00", "x" * 3000]
    ),
    st.just([]),
    st.just({}),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)  # fmt: skip


def _paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [here] if here else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += _paths(inner, (*here, key))
    return found


def _put(value: Any, path: tuple[Any, ...], new: Any, *, drop: bool) -> None:
    for step in path[:-1]:
        value = value[step]
    if drop:
        del value[path[-1]]
    else:
        value[path[-1]] = new


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    platform, order = draw(st.sampled_from(ORDERS))
    order = json.loads(json.dumps(order))
    for _ in range(draw(st.integers(1, 4))):
        paths = _paths(order)
        if paths:
            _put(order, draw(st.sampled_from(paths)), draw(nasty), drop=draw(st.booleans()))
    return platform, order


def _check(platform: str, order: MappedOrder) -> None:
    plain = msgspec.json.encode(order)
    assert msgspec.json.decode(plain, type=MappedOrder) == order
    assert b"\\u0000" not in plain, "PostgreSQL takes no such character"
    a = order.amounts
    for minor in (a.goods_minor, a.discount_minor, a.freight_minor, a.total_minor):
        assert abs(minor) < 10**15
    for line in order.lines:
        assert 0 <= line.qty <= 1_000_000 and 0 <= line.unit_minor < 10**15
        assert line.paid_minor is None or 0 <= line.paid_minor < 10**15
        assert line.qty > 0 or order.holds, "a line without a quantity waits visibly"
    assert len({line.key for line in order.lines}) == len(order.lines)
    if order.state == "unknown" or not order.lines:
        assert order.holds, "what does not map waits visibly"
    if order.state == "paid" and order.paid_at is None:
        assert order.holds


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged())
def test_damage_is_a_hold_and_never_an_exception(case: tuple[str, dict[str, Any]]) -> None:
    platform, order = case
    body, data = bodies[platform], json.dumps(order).encode()
    mapped = map_order(platform, data, rulebook.current(platform))
    _check(platform, mapped)
    personal(platform, data)
    one = body.raw_order(data)
    assert one.external_id and one.body == data
    assert body.redact(data) is not None and body.identity(data)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(damaged(), min_size=1, max_size=4), st.sampled_from(["taobao", "jd", "pinduoduo", "shopee"]))
def test_no_order_of_a_page_is_lost(cases: list[tuple[str, dict[str, Any]]], platform: str) -> None:
    orders = [order for code, order in cases if code == platform]
    page: Any = {
        "taobao": {"trades_sold_increment_get_response": {"total_results": 9, "trades": {"trade": orders}}},
        "jd": {
            "jingdong_pop_order_enSearch_responce": {
                "code": "0",
                "searchorderinfo_result": {"apiResult": {"success": True}, "orderInfoList": orders},
            }
        },
        "pinduoduo": {"order_sn_increment_get_response": {"order_sn_list": orders, "total_count": 9}},
        "shopee": {"error": "", "response": {"order_list": orders}},
    }[platform]
    envelope = bodies[platform].split(json.dumps(page).encode())
    assert envelope.is_orders and envelope.trouble is None
    assert len(envelope.orders) + len(envelope.ids) == len(orders)
    assert all(one.external_id for one in envelope.orders) and all(envelope.ids)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(samples.found(samples.PATTERNS)), st.data())
def test_a_damaged_answer_is_shown_or_refused(sample: tuple[str, Any], data: st.DataObject) -> None:
    platform, file = sample
    whole = json.loads(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        paths = [p for p in _paths(whole) if len(p) <= 4]
        if paths:
            _put(whole, data.draw(st.sampled_from(paths)), data.draw(nasty), drop=data.draw(st.booleans()))
    try:
        found = preview(platform, json.dumps(whole).encode())
    except Malformed:
        return
    assert json.dumps(found)


def _plant(value: Any, names: frozenset[str], number: list[int], *, inside: bool) -> Any:
    if isinstance(value, dict):
        return {k: _plant(v, names, number, inside=inside or k in names) for k, v in value.items()}
    if isinstance(value, list):
        return [_plant(v, names, number, inside=inside) for v in value]
    if inside:
        number[0] += 1
        return f"{CANARY}{number[0]:03}"
    return value


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged(), st.booleans())
def test_no_personal_value_shows(case: tuple[str, dict[str, Any]], damage: bool) -> None:
    platform, order = case if damage else next(x for x in ORDERS if x[0] == case[0])
    body, number = bodies[platform], [0]
    planted = _plant(order, body.personal_fields, number, inside=False)
    data = json.dumps(planted).encode()
    assert CANARY not in json.dumps(body.redact(data), ensure_ascii=False)
    kept = _plant(order, body.personal_fields - TOKENS, number, inside=False)
    data = json.dumps(kept).encode()
    mapped = map_order(platform, data, rulebook.current(platform))
    assert CANARY.encode() not in msgspec.json.encode(mapped)


def test_bytes_that_are_no_order_are_held_or_sealed_not_raised() -> None:
    for platform, body in bodies.items():
        for data in (b"", b"null", b"[]", b"{", b'"x"', b"\xff", b"[" * 5000):
            mapped = map_order(platform, data, rulebook.current(platform))
            assert [h.code for h in mapped.holds][:1] == ["unreadable"]
            assert personal(platform, data) == {}
            assert body.raw_order(data).external_id.startswith("?")


def test_the_canaries_do_sit_in_the_samples() -> None:
    """Otherwise the test above would prove nothing."""
    for platform, body in bodies.items():
        number = [0]
        for code, order in ORDERS:
            if code == platform:
                _plant(order, body.personal_fields, number, inside=False)
        assert number[0] >= 20, platform
