"""发货回传: once, whatever repeats; a no is for a person; a silence is asked again."""

from typing import Any
from uuid import UUID

import pytest

from server.errors import Conflict, Rejected, Unauthenticated, Unavailable
from server.kit import db
from server.kit import jobs as table
from server.platforms.port import Powers, Shipment, Shipped, Shop
from server.shipping import actions
from server.tasks import actions as tasks
from workers import actor, jobs, resources


class Says:
    """A platform that answers a write-back as it is told."""

    powers = Powers()

    def __init__(self, answer: Shipped | Exception) -> None:
        self.answer, self.asked = answer, list[Shipment]()

    def __call__(self, code: str) -> Any:
        return self

    async def ship(self, shop: Shop, shipment: Shipment) -> Shipped:
        self.asked.append(shipment)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def gone(floor: Any) -> Any:
    await floor.taken("taobao")
    await floor.waybills()
    (parcel,) = await floor.left()
    return parcel


async def written() -> int:
    return int(await db.value("select count(*) from event where kind = 'order_written_back'"))


async def test_a_lost_answer_is_asked_again_and_the_platform_has_it_once(floor: Any) -> None:
    parcel = await gone(floor)
    real = floor.platform("taobao")

    class Loses:
        async def ship(self, shop: Shop, shipment: Shipment) -> Shipped:
            await real.ship(shop, shipment)
            raise Unavailable("platform_timeout", "淘宝没有及时回复")

    with pytest.raises(Unavailable):
        await actions.write_back(parcel["id"], lambda _: Loses())  # type: ignore[arg-type,return-value]
    assert await written() == 0
    assert await actions.write_back(parcel["id"], floor.platform)
    assert await written() == 1
    assert "true" in await db.value("""select "to"::text from event where kind = 'order_written_back'""")  # already


async def test_once_written_back_nobody_is_asked_again(floor: Any) -> None:
    parcel = await gone(floor)
    says = Says(Shipped())
    assert await actions.write_back(parcel["id"], says)
    assert not await actions.write_back(parcel["id"], says)
    assert [s.waybill_no for s in says.asked] == [parcel["waybill_no"]]
    assert await written() == 1


async def test_a_no_is_a_task_with_the_reason_and_a_person_may_try_again(floor: Any) -> None:
    parcel = await gone(floor)
    says = Says(Rejected("platform_rejected", "淘宝:订单已关闭"))
    for _ in range(2):
        assert not await actions.write_back(parcel["id"], says)
    task = await db.row(
        "select reason, subject_id, order_id, detail::text as detail from task where kind = 'write_back'"
    )
    assert (task["reason"], task["subject_id"], task["order_id"]) == (
        "platform_rejected",
        parcel["id"],
        parcel["order_id"],
    )
    assert "订单已关闭" in task["detail"] and parcel["waybill_no"] in task["detail"]
    assert await db.value("select count(*) from event where kind = 'write_back_refused'") == 1
    assert await db.value("select count(*) from notice where kind = 'write_back' and role = 'service'") == 1

    await db.run("update job set state = 'done' where kind = 'shipping.write_back'")
    task_id = await db.value("select id from task where kind = 'write_back'")
    await tasks.close(task_id, "retry", "")
    assert await db.value("select outcome from task where kind = 'write_back'") == "retry"
    assert await db.value("select count(*) from job where kind = 'shipping.write_back' and state = 'ready'") == 1
    says.answer = Shipped()
    assert await actions.write_back(parcel["id"], says)
    with pytest.raises(Conflict):
        await tasks.close(task_id, "retry", "")


async def test_a_dead_token_waits_for_a_new_one(floor: Any) -> None:
    parcel = await gone(floor)
    says = Says(Unauthenticated("platform_unauthenticated", "授权已失效,请重新授权"))
    with pytest.raises(Unavailable) as later:
        await actions.write_back(parcel["id"], says)
    assert later.value.retry_after == 300
    shop = await db.row("select state, trouble from shop where platform = 'taobao'")
    assert tuple(shop) == ("needs_auth", "授权已失效,请重新授权")


async def test_a_day_of_silence_is_a_task_of_its_own_kind(floor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    parcel = await gone(floor)
    jobs.load()
    monkeypatch.setattr(resources, "platform", Says(Unavailable("platform_unavailable", "淘宝暂时没有响应")))
    job: UUID = await db.value("select id from job where kind = 'shipping.write_back' and state = 'ready'")
    given = await db.value("select give_up_at - created_at from job where id = $1", job)
    assert given.total_seconds() == pytest.approx(86_400, abs=1)
    await actor.run(str(job))
    row = await db.row("select state, last_error, attempts from job where id = $1", job)
    assert tuple(row) == ("ready", "platform_unavailable", 0)
    await db.run("update job set run_at = now(), give_up_at = now() where id = $1", job)
    await actor.run(str(job))
    assert await db.value("select state from job where id = $1", job) == "parked"
    task = await db.row("select kind, reason, subject_id from task where kind in ('write_back', 'dead_job')")
    assert tuple(task) == ("write_back", "gave_up", parcel["id"])
    assert table.MAX_SILENT_ENDS == 5


async def test_a_number_the_carrier_does_not_know_is_told_and_the_others_go_on(floor: Any) -> None:
    await floor.taken("taobao", 3)
    await floor.waybills()
    parcels = await floor.left()
    await db.run("update parcel set waybill_no = 'SLX999' where id = $1", parcels[0]["id"])
    assert await actions.tell_carrier(floor.http) == 2
    assert await actions.tell_carrier(floor.http) == 0
    tasks = await db.rows("select subject_id, reason from task where kind = 'dead_job'")
    assert [(r["subject_id"], r["reason"]) for r in tasks] == [(parcels[0]["id"], "waybill_unknown")]
