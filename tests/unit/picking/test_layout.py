"""How a wave is laid out: the walk in bin order, slots by order, one grip for several orders."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.picking.rules import ToPick, bin_key, lay_out, slots


def want(order: int, line: int, bin: str, sku: str = "A") -> ToPick:
    return ToPick(
        order_id=UUID(int=order),
        line=UUID(int=line),
        order_no=f"ZS-{order}",
        sku=UUID(int=9),
        sku_code=sku,
        name="",
        variant="",
        bin=bin,
        photo="",
        barcodes=[],
        qty=1,
    )


def test_bins_compare_as_people_read_them() -> None:
    assert sorted(["B-01", "A-10", "A-2", "", "A-2-1"], key=bin_key) == ["A-2", "A-2-1", "A-10", "B-01", ""]


def test_one_grip_serves_several_orders() -> None:
    placed = lay_out([want(1, 1, "B-1"), want(1, 2, "A-1"), want(2, 3, "B-1"), want(3, 4, "A-1")])
    assert [(p.want.bin, p.slot) for p in placed] == [("A-1", "1"), ("A-1", "3"), ("B-1", "1"), ("B-1", "2")]
    assert [p.seq for p in placed] == [1, 2, 3, 4]
    assert slots([UUID(int=5), UUID(int=4)]) == {UUID(int=5): "1", UUID(int=4): "2"}


@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from(["A-1", "A-10", "B-2", ""])), max_size=30))
def test_nothing_is_lost_and_an_order_has_one_slot(rows: list[tuple[int, str]]) -> None:
    wants = [want(order, n, bin) for n, (order, bin) in enumerate(rows)]
    placed = lay_out(wants)
    assert {p.want.line for p in placed} == {w.line for w in wants} and len(placed) == len(wants)
    by_order: dict[UUID, set[str]] = {}
    for p in placed:
        by_order.setdefault(p.want.order_id, set()).add(p.slot)
    assert all(len(s) == 1 for s in by_order.values())
