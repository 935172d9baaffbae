"""Pinduoduo's authorisation: the owner's page, tokens for a code, new tokens for a refresh token that works once."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from server.errors import Rejected, Unauthenticated, Unavailable
from server.kit import clock
from server.platforms import registry
from server.platforms.pinduoduo.auth import grant
from server.platforms.port import Account
from server.sandbox.accounts import PINDUODUO
from tests.contract.adapters.pinduoduo.house import House
from tests.contract.adapters.support import client, form, reply, sample, shop

CREATE = "pdd.pop.auth.token.create"
REFRESH = "pdd.pop.auth.token.refresh"


def answered(name: str) -> dict[str, Any]:
    """What a sample holds, its ends moved to after now: it was written long ago."""
    [body] = json.loads(sample(f"pinduoduo/{name}.json")).values()
    now = int(clock.now().timestamp())
    return {key: now + body[key.replace("_at", "_in")] if key.endswith("_at") else v for key, v in body.items()}


def test_a_token_answer_is_read_and_the_level_that_ends_first_counts() -> None:
    given = grant(answered("token_create"))
    assert (given.external_id, given.name) == ("999000001", "pdd_demo_shop")
    assert (given.access_token, given.refresh_token) == ("tok_demo_0001", "rt_demo_0001")
    assert given.access_until is not None and given.refresh_until is not None
    assert timedelta(seconds=1700) < given.access_until - clock.now() <= timedelta(seconds=1799)  # w2
    assert timedelta(days=29) < given.refresh_until - clock.now() <= timedelta(days=30)


def test_a_level_that_is_over_already_was_not_given() -> None:
    long_ago = answered("token_create") | {"w2_expires_at": 1_767_227_399, "w1_expires_at": 0, "w1_expires_in": 0}
    given = grant(long_ago)
    assert given.access_until is not None and given.access_until - clock.now() > timedelta(hours=23)


def test_lives_without_ends_count_from_now() -> None:
    given = grant({"access_token": "a", "expires_in": "600", "refresh_token_expires_in": 0})
    assert given.access_until is not None and given.refresh_until is None
    assert timedelta(seconds=590) < given.access_until - clock.now() <= timedelta(seconds=600)
    assert grant({"access_token": "a"}).access_until is None


@pytest.mark.parametrize("wrong", [{}, {"access_token": ""}, {"access_token": "x", "expires_in": -1},
                                   {"access_token": "x", "expires_at": "soon"}])  # fmt: skip
def test_no_token_in_it(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        grant(wrong)


@pytest.mark.parametrize(
    ("base", "settings", "page"),
    [
        ("https://gw-api.pinduoduo.com", {}, "https://fuwu.pinduoduo.com/service-market/auth"),
        ("https://opengw-api.yangkeduo.com", {}, "https://fuwu.pinduoduo.com/service-market/auth"),
        ("https://pinduoduo.com.evil.test", {}, "https://pinduoduo.com.evil.test/service-market/auth"),
        (
            "https://gw-api.pinduoduo.com",
            {"own": {"oauth_url": "https://x.test/"}},
            "https://x.test/service-market/auth",
        ),
    ],
)
def test_where_the_owner_says_yes(base: str, settings: dict[str, Any], page: str) -> None:
    there = shop("pinduoduo", base_url=base, settings=settings)
    url = registry.get("pinduoduo").authorise_url(there, "https://hub.test/back", "s&1")
    assert url.split("?")[0] == page
    query = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
    assert query == {"response_type": "code", "client_id": there.app_key, "redirect_uri": "https://hub.test/back",
                     "state": "s&1"}  # fmt: skip


async def test_from_the_owners_yes_to_a_working_token(pdd: House) -> None:
    answer = await pdd.web.get(pdd.adapter.authorise_url(pdd.shop, "https://hub.test/back?x=1", "s1"))
    assert answer.status_code == 302
    back = {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert back["x"] == "1" and back["state"] == "s1"
    given = await pdd.adapter.exchange(pdd.shop, back["code"], "https://hub.test/back?x=1")
    assert given.external_id == PINDUODUO["external_id"] and given.access_until is not None
    account = await pdd.adapter.account(pdd.take(given))
    assert account == Account(PINDUODUO["external_id"], PINDUODUO["name"], clock_off_s=0.0)
    with pytest.raises(Rejected) as caught:
        await pdd.adapter.exchange(pdd.shop, back["code"], "https://hub.test/back?x=1")
    assert "授权码" in caught.value.message
    assert (await pdd.adapter.account(pdd.shop)).external_id == given.external_id


async def test_a_new_yes_ends_what_was_given_before(pdd: House) -> None:
    old = await pdd.granted()
    await pdd.granted()
    with pytest.raises(Unauthenticated) as caught:
        await pdd.adapter.account(old)
    assert caught.value.detail["platform_code"] == "10014"
    with pytest.raises(Unauthenticated):
        await pdd.adapter.refresh(old)
    assert (await pdd.adapter.account(pdd.shop)).external_id == PINDUODUO["external_id"]


async def test_renewed_once_and_both_old_tokens_are_dead(pdd: House) -> None:
    old = await pdd.granted()
    pdd.age(0.5)
    given = await pdd.adapter.refresh(old)
    assert given.access_token != old.access_token and given.refresh_token not in ("", old.refresh_token)
    assert given.refresh_until is not None  # the authorisation has not become longer
    assert given.refresh_until - clock.now() < timedelta(days=29.6)
    pdd.take(given)
    assert (await pdd.adapter.account(pdd.shop)).external_id == PINDUODUO["external_id"]
    with pytest.raises(Unauthenticated):
        await pdd.adapter.account(old)
    with pytest.raises(Unauthenticated):  # spent: a person must say yes again
        await pdd.adapter.refresh(old)
    assert pdd.world.grants("pinduoduo").book.refreshed == 1


async def test_an_ended_token_is_renewed_while_the_authorisation_lives(pdd: House) -> None:
    await pdd.granted()
    pdd.age(1.1)
    with pytest.raises(Unauthenticated):
        await pdd.pull()
    pdd.take(await pdd.adapter.refresh(pdd.shop))
    assert await pdd.pull() == {}
    pdd.age(31)
    with pytest.raises(Unauthenticated) as caught:
        await pdd.adapter.refresh(pdd.shop)
    assert "重新授权" in caught.value.message


async def test_without_a_refresh_token_nothing_is_called(pdd: House) -> None:
    with pytest.raises(Unauthenticated):
        await pdd.adapter.refresh(pdd.shop)
    assert not pdd.calls(REFRESH)


async def test_tokens_are_asked_for_without_one() -> None:
    asked: list[dict[str, str]] = []

    def handler(request: Any) -> Any:
        asked.append(form(request))
        return reply(json.loads(sample("pinduoduo/token_create.json")))

    async with client(handler) as web:
        await registry.connect("pinduoduo", web).exchange(shop("pinduoduo"), "c", "")
    assert asked[0]["type"] == CREATE and "access_token" not in asked[0]


@pytest.mark.parametrize("kind", ["fail_after", "fail_before", "rate_limit", "busy"])
async def test_a_renewal_that_may_have_been_done_is_unavailable(pdd: House, kind: str) -> None:
    await pdd.granted()
    await pdd.control("faults", kind=kind, platform="pinduoduo", method=REFRESH)
    with pytest.raises(Unavailable):
        await pdd.adapter.refresh(pdd.shop)


async def test_a_method_that_the_app_may_not_call_is_no_dead_token() -> None:
    """Renewing would not help: that would go on for ever."""
    async with House.opened(pdd_no_right=frozenset({"pdd.mall.info.get"})) as house:
        with pytest.raises(Rejected) as caught:
            await house.adapter.account(house.shop)
        assert caught.value.detail["platform_code"] == "20031" and "开通" in caught.value.message
        assert await house.pull() == {}


async def test_no_secret_is_in_what_is_said(pdd: House) -> None:
    with pytest.raises(Rejected) as caught:
        await pdd.adapter.exchange(pdd.with_(app_secret="wrong-secret-1234"), "c", "")
    assert "wrong-secret-1234" not in f"{caught.value} {vars(caught.value)}"


async def test_settings_of_the_wrong_form_are_told(pdd: House) -> None:
    pdd.own(remark_tag="9")
    with pytest.raises(Rejected) as caught:
        pdd.adapter.authorise_url(pdd.shop, "https://hub.test", "s")
    assert caught.value.code == "platform_bad_settings" and "remark_tag" in caught.value.message
