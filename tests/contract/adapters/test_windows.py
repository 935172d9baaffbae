"""Windows of time: overlapping, closed, cut. The pure half of the adapters needs no client."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import NotFound
from server.platforms import paging, registry
from server.platforms.port import Window
from tests.contract.adapters.support import sample, shop

NOW = datetime(2026, 11, 22, 2, 0, 0, 123456, UTC)
LONGEST = {
    "taobao": timedelta(days=1),
    "jd": timedelta(days=28),
    "pinduoduo": timedelta(minutes=30),
    "shopee": timedelta(days=15),
}
LEAST_LAG = {"taobao": 60, "jd": 60, "pinduoduo": 180, "shopee": 60}


@pytest.mark.parametrize("code", registry.CODES)
@given(behind=st.timedeltas(timedelta(), timedelta(days=3)))
@settings(max_examples=60, deadline=None)
def test_nothing_between_watermark_and_end_is_left_out(code: str, behind: timedelta) -> None:
    watermark = NOW - behind
    found = registry.get(code).windows(watermark, NOW, {})
    if not found:
        assert behind < timedelta(minutes=4)
        return
    assert found[0].since < watermark
    assert found[-1].until <= NOW - timedelta(seconds=LEAST_LAG[code])
    assert NOW - found[-1].until < timedelta(minutes=4)
    for window in found:
        assert window.since < window.until
        assert window.until - window.since <= LONGEST[code]
        assert window.since.microsecond == window.until.microsecond == 0
    for one, following in pairwise(found):
        assert one.since < following.since < one.until < following.until


@pytest.mark.parametrize("code", registry.CODES)
def test_a_long_outage_is_cut_off_at_three_months(code: str) -> None:
    found = registry.get(code).windows(NOW - timedelta(days=400), NOW)
    assert NOW - found[0].since < timedelta(days=90)


@given(
    long=st.timedeltas(timedelta(seconds=1), timedelta(days=1)).map(
        lambda d: timedelta(seconds=int(d.total_seconds()))
    ),
    failures=st.integers(0, 40),
)
@settings(max_examples=60, deadline=None)
def test_after_failures_the_same_time_is_read_in_smaller_pieces(long: timedelta, failures: int) -> None:
    since = NOW.replace(microsecond=0)
    whole = Window(since, since + long + timedelta(seconds=1))
    found = paging.smaller([whole], failures)
    assert (found[0].since, found[-1].until) == (whole.since, whole.until)
    assert found == [whole] or failures
    assert len(found) <= 50 and all(w.since < w.until for w in found)
    for before, after in pairwise(found):
        assert before.since < after.since < before.until < after.until
    first = found[0].until - found[0].since
    assert first <= max((whole.until - whole.since) / 2 ** min(failures, 8), timedelta(seconds=8))


def test_a_shop_may_change_lag_and_overlap() -> None:
    adapter = registry.get("pinduoduo")
    found = adapter.windows(NOW - timedelta(seconds=20), NOW, {"lag_s": 5, "overlap_s": 30})
    assert found == [Window(datetime(2026, 11, 22, 1, 59, 10, 0, UTC), datetime(2026, 11, 22, 1, 59, 55, 0, UTC))]


@pytest.mark.parametrize("value", ["5", -1, None, True, 1e9])
def test_nonsense_in_settings_is_ignored(value: object) -> None:
    adapter = registry.get("taobao")
    assert adapter.windows(NOW - timedelta(hours=1), NOW, {"lag_s": value}) == adapter.windows(
        NOW - timedelta(hours=1), NOW
    )


def test_nothing_is_due_yet() -> None:
    assert registry.get("taobao").windows(NOW, NOW, {"overlap_s": 0}) == []


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("taobao", "taobao/trade_fullinfo_get.normal.json"),
        ("jd", "jd/pop_order_search.masked.json"),
        ("pinduoduo", "pinduoduo/order_information_normal.json"),
        ("shopee", "shopee/order_detail_normal.json"),
    ],
)
async def test_pure_parts_work_without_a_client(code: str, name: str) -> None:
    adapter = registry.get(code)
    order = adapter.split(sample(name)).orders[0]
    assert adapter.identity(order.body) and adapter.redact(order.body)
    with pytest.raises(RuntimeError):
        await adapter.order(shop(code), order.external_id)


def test_unknown_platform() -> None:
    with pytest.raises(NotFound):
        registry.get("amazon")
