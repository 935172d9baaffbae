"""Taobao's authorisation: the owner's page, tokens for a code, new tokens for a refresh token that works once."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from server.errors import Rejected, Unauthenticated, Unavailable
from server.kit import clock
from server.platforms import registry
from server.platforms.port import Account
from server.platforms.taobao.auth import grant
from server.sandbox.accounts import TAOBAO
from server.sandbox.knobs import Knobs
from tests.contract.adapters.support import sample, shop
from tests.contract.adapters.taobao.house import House

CREATE = "taobao.top.auth.token.create"
REFRESH = "taobao.top.auth.token.refresh"


def test_a_token_answer_is_read() -> None:
    given = grant(json.loads(sample("taobao/oauth_token.json")))
    assert given.external_id == given.name == "测试旗舰店"
    assert given.access_token.startswith("6100000testsession") and given.refresh_token.startswith("6100000testrefresh")
    assert given.access_until is not None and given.refresh_until is not None
    assert timedelta(days=364) < given.access_until - clock.now() <= timedelta(days=365)
    with pytest.raises(ValueError, match="no token"):
        grant({})
    with pytest.raises(ValueError, match="not a life"):
        grant({"access_token": "x", "expires_in": -1})


def test_the_level_that_ends_first_counts_and_zero_is_no_life() -> None:
    found = json.loads(sample("taobao/oauth_token.json"))
    short = grant(found | {"w2_expires_in": 600, "r1_expires_in": 0})
    assert short.access_until is not None and short.access_until - clock.now() <= timedelta(seconds=600)


def test_an_app_that_may_not_renew_ends_with_its_access_token() -> None:
    given = grant(json.loads(sample("taobao/oauth_token.json")) | {"re_expires_in": 0})
    assert given.refresh_token == "" and given.refresh_until == given.access_until is not None


@pytest.mark.parametrize(
    ("base", "settings", "page"),
    [
        ("https://eco.taobao.com", {}, "https://oauth.taobao.com/authorize"),
        ("https://gw.api.tbsandbox.com", {}, "https://oauth.tbsandbox.com/authorize"),
        ("https://taobao.com.evil.test", {}, "https://taobao.com.evil.test/authorize"),
        ("https://eco.taobao.com", {"own": {"oauth_url": "https://x.test/"}}, "https://x.test/authorize"),
    ],
)
def test_where_the_owner_says_yes(base: str, settings: dict[str, Any], page: str) -> None:
    there = shop("taobao", base_url=base, settings=settings)
    url = registry.get("taobao").authorise_url(there, "https://hub.test/back", "s&1")
    assert url.split("?")[0] == page
    query = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
    assert query["redirect_uri"] == "https://hub.test/back" and query["state"] == "s&1"
    assert query["response_type"] == "code" and there.app_secret not in url


async def test_from_the_owners_yes_to_a_working_token(taobao: House) -> None:
    answer = await taobao.web.get(taobao.adapter.authorise_url(taobao.shop, "https://hub.test/back?x=1", "s1"))
    assert answer.status_code == 302
    back = {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert back["x"] == "1" and back["state"] == "s1"
    given = await taobao.adapter.exchange(taobao.shop, back["code"], "https://hub.test/back?x=1")
    assert given.external_id == TAOBAO["external_id"] and given.access_until is not None
    account = await taobao.adapter.account(taobao.take(given))
    assert account == Account(TAOBAO["external_id"], TAOBAO["external_id"], clock_off_s=0.0)
    with pytest.raises(Rejected):
        await taobao.adapter.exchange(taobao.shop, back["code"], "https://hub.test/back?x=1")


async def test_renewed_once_and_both_old_tokens_are_dead(taobao: House) -> None:
    old = await taobao.granted()
    given = await taobao.adapter.refresh(old)
    assert given.access_token != old.access_token and given.refresh_token not in ("", old.refresh_token)
    taobao.take(given)
    assert (await taobao.adapter.account(taobao.shop)).external_id == TAOBAO["external_id"]
    with pytest.raises(Unauthenticated):
        await taobao.adapter.account(old)
    with pytest.raises((Unauthenticated, Rejected)):  # spent: a person must say yes again
        await taobao.adapter.refresh(old)
    assert taobao.world.grants("taobao").book.refreshed == 1


async def test_an_ended_session_is_renewed_while_the_refresh_token_lives(taobao: House) -> None:
    await taobao.granted()
    taobao.age(1.1)
    with pytest.raises(Unauthenticated):
        await taobao.pull()
    taobao.take(await taobao.adapter.refresh(taobao.shop))
    assert await taobao.pull() == {}
    taobao.age(31)
    with pytest.raises((Unauthenticated, Rejected)):
        await taobao.adapter.refresh(taobao.shop)


async def test_without_a_refresh_token_nothing_is_called() -> None:
    house = House(Knobs(token_life=Knobs().token_life | {"taobao": (86_400, 0)}))
    await house.granted()
    assert house.shop.refresh_token == ""
    with pytest.raises(Unauthenticated):
        await house.adapter.refresh(house.shop)
    assert not house.calls(REFRESH)
    await house.web.aclose()


@pytest.mark.parametrize("kind", ["fail_after", "fail_before", "rate_limit", "busy"])
async def test_a_renewal_that_may_have_been_done_is_unavailable(taobao: House, kind: str) -> None:
    await taobao.granted()
    await taobao.control("faults", kind=kind, platform="taobao", method=REFRESH)
    with pytest.raises(Unavailable):
        await taobao.adapter.refresh(taobao.shop)


async def test_no_secret_is_in_what_is_said(taobao: House) -> None:
    with pytest.raises(Rejected) as caught:
        await taobao.adapter.exchange(taobao.with_(app_secret="wrong-secret-1234"), "c", "")
    assert "wrong-secret-1234" not in f"{caught.value} {vars(caught.value)}"


async def test_what_was_refused_is_logged_by_the_number_that_taobao_knows_it_by(taobao: House) -> None:
    taobao.with_(access_token="stranger")
    with capture_logs() as logs, pytest.raises(Unauthenticated):
        await taobao.adapter.account(taobao.shop)
    [said] = [one for one in logs if one["event"] == "platform_said_no"]
    assert (said["code"], said["sub_code"]) == ("27", "invalid-sessionkey")
    assert said["request_id"].startswith("15sandbox") and "stranger" not in str(said)


async def test_settings_of_the_wrong_form_are_told(taobao: House) -> None:
    taobao.own(ship_api="other")
    with pytest.raises(Rejected) as caught:
        taobao.adapter.authorise_url(taobao.shop, "https://hub.test", "s")
    assert caught.value.code == "platform_bad_settings" and "ship_api" in caught.value.message
