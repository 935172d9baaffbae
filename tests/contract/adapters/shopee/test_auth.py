"""Shopee's authorisation: the owner's pages, tokens for a code, new tokens for a refresh token that works once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from server.errors import Rejected, Unauthenticated, Unavailable
from server.kit import clock
from server.platforms import registry
from server.platforms.port import Account
from server.platforms.shopee.auth import grant
from server.sandbox.accounts import SHOPEE
from server.sandbox.knobs import Knobs
from server.sandbox.shopee.auth import MAIN_ACCOUNT
from tests.contract.adapters.shopee.house import House
from tests.contract.adapters.support import client, reply, sample, shop

TOKEN = "auth/token/get"
RENEW = "auth/access_token/get"
NEVER = datetime(2099, 1, 1, tzinfo=UTC)


def token(**change: Any) -> dict[str, Any]:
    return {**json.loads(sample("shopee/token_get.json")), **change}


def test_a_token_answer_is_read() -> None:
    given = grant(token(), "322300222")
    assert given.access_token == "6d6f636b5f6163636573735f746f6b656e" and given.external_id == "322300222"
    assert given.access_until is not None and given.refresh_until is not None
    assert timedelta(hours=3, minutes=59) < given.access_until - clock.now() <= timedelta(hours=4)
    assert timedelta(days=29) < given.refresh_until - clock.now() <= timedelta(days=30)


def test_a_life_that_is_a_moment_and_one_that_is_not_said() -> None:
    soon = int((clock.now() + timedelta(hours=4)).timestamp())
    given = grant(token(expire_in=soon), "1")
    assert given.access_until == datetime.fromtimestamp(soon, UTC)
    for life in (None, 0, 10**15):
        unsaid = grant(token(expire_in=life), "1").access_until
        assert unsaid is not None and unsaid - clock.now() > timedelta(hours=3)


@pytest.mark.parametrize("change", [{"access_token": ""}, {"refresh_token": None}, {"expire_in": -1}])
def test_what_is_no_token_answer(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no token|not a life"):
        grant(token(**change), "1")


def test_no_token_outlives_the_shops_own_authorisation() -> None:
    ends = clock.now() + timedelta(hours=1)
    given = grant(token(), "1", ends)
    assert given.access_until == given.refresh_until == ends
    assert grant(token(), "1", NEVER).refresh_until != NEVER


@pytest.mark.parametrize(
    ("base", "own", "page"),
    [
        ("https://partner.shopeemobile.com", {}, "https://open.shopee.com/auth"),
        ("https://openplatform.shopee.cn", {}, "https://open.shopee.cn/auth"),
        ("https://openplatform.shopee.com.br", {}, "https://open.shopee.com.br/auth"),
        ("https://partner.test-stable.shopeemobile.com", {}, "https://open.sandbox.test-stable.shopee.com/auth"),
        ("https://partner.shopeemobile.com.evil.test", {}, "https://partner.shopeemobile.com.evil.test/auth"),
        ("https://partner.shopeemobile.com", {"oauth_url": "https://x.test/"}, "https://x.test/auth"),
    ],
)
def test_where_the_owner_says_yes(base: str, own: dict[str, Any], page: str) -> None:
    there = shop("shopee", base_url=base, settings={"own": own})
    url = registry.get("shopee").authorise_url(there, "https://hub.test/hooks/consent/w", "s&1")
    assert url.split("?")[0] == page
    query = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
    assert query == {
        "partner_id": "2001887",
        "auth_type": "seller",
        "redirect_uri": "https://hub.test/hooks/consent/w",
        "response_type": "code",
        "state": "s&1",
    }


@pytest.mark.parametrize("page", ["open", "partner"])
async def test_from_the_owners_yes_to_a_working_token(shopee: House, page: str) -> None:
    shopee.own(auth_page=page)
    redirect = "https://hub.test/hooks/consent/word?x=1"
    answer = await shopee.web.get(shopee.adapter.authorise_url(shopee.shop, redirect, "word"))
    assert answer.status_code == 302, answer.text
    back = {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert back["x"] == "1" and back["shop_id"] == SHOPEE["external_id"]
    assert ("state" in back) == (page == "open")  # the older page hands none back
    unknown = shopee.with_(external_id="?1", access_token="")
    given = await shopee.adapter.exchange(unknown, back["code"], redirect, back)
    assert given.external_id == SHOPEE["external_id"] and given.access_until is not None
    account = await shopee.adapter.account(shopee.take(given))
    assert (account.external_id, account.name) == (SHOPEE["external_id"], SHOPEE["name"])
    assert account.granted_until is not None and account.granted_until > clock.now()
    with pytest.raises(Rejected) as caught:
        await shopee.adapter.exchange(unknown, back["code"], redirect, back)
    assert "授权码" in caught.value.message


async def test_a_code_that_is_none_is_no_dead_token(shopee: House) -> None:
    for code in ("x", "codeshopee999999"):
        with pytest.raises(Rejected) as caught:
            await shopee.adapter.exchange(shopee.shop, code, "")
        assert "授权码" in caught.value.message
    assert not shopee.world.grants("shopee").book.refresh


async def test_a_code_of_ten_minutes_ago(shopee: House) -> None:
    code = await shopee.code()
    shopee.grow_old(601)
    with pytest.raises(Rejected):
        await shopee.adapter.exchange(shopee.shop, code, "")


async def test_a_main_account_names_its_shops(shopee: House) -> None:
    back = {"main_account_id": str(MAIN_ACCOUNT)}
    shopee.with_(external_id="?1")
    given = await shopee.adapter.exchange(shopee.shop, await shopee.code(), "", back)
    assert given.external_id == SHOPEE["external_id"]
    shopee.take(given)
    assert (await shopee.adapter.exchange(shopee.shop, await shopee.code(), "", back)).external_id == given.external_id
    with pytest.raises(Rejected) as caught:
        await shopee.adapter.exchange(shopee.with_(external_id="5"), await shopee.code(), "", back)
    assert caught.value.code == "platform_no_shop"


async def test_several_shops_and_no_word_of_which(shopee: House) -> None:
    answers = [{"authed_shop_list": [], "more": False}, json.loads(sample("shopee/token_get_main_account.json"))]
    async with client(lambda request: reply(answers.pop(0))) as web:
        with pytest.raises(Rejected) as caught:
            await registry.connect("shopee", web).exchange(
                shop("shopee", external_id="?1"), "code", "", {"main_account_id": "7"}
            )
    assert caught.value.code == "platform_no_shop" and answers == []


async def test_a_code_by_hand_is_for_the_shop_that_is_known(shopee: House) -> None:
    with pytest.raises(Rejected) as caught:
        await shopee.adapter.exchange(shopee.with_(external_id="?1"), await shopee.code(), "")
    assert caught.value.code == "platform_no_shop" and not shopee.calls(TOKEN)


@pytest.mark.parametrize("change", [{"app_key": "abc"}, {"external_id": "店"}])
async def test_names_that_are_no_numbers_are_told_before_a_call(shopee: House, change: dict[str, str]) -> None:
    with pytest.raises(Rejected) as caught:
        await shopee.adapter.exchange(shopee.with_(**change), "code", "")
    assert caught.value.code == "platform_bad_settings" and not shopee.world.calls


async def test_renewed_once_and_the_old_refresh_token_is_dead(shopee: House) -> None:
    old = await shopee.granted()
    given = await shopee.adapter.refresh(old)
    assert given.access_token != old.access_token and given.refresh_token not in ("", old.refresh_token)
    assert given.external_id == SHOPEE["external_id"] and given.refresh_until is not None
    shopee.take(given)
    assert isinstance(await shopee.adapter.account(shopee.shop), Account)
    assert isinstance(await shopee.adapter.account(old), Account)  # for five minutes more
    shopee.grow_old(301)
    with pytest.raises(Unauthenticated):
        await shopee.adapter.account(old)
    with pytest.raises(Unauthenticated):  # spent: a person must say yes again
        await shopee.adapter.refresh(old)
    assert shopee.world.grants("shopee").book.refreshed == 1


async def test_an_ended_token_is_renewed_while_the_refresh_token_lives(shopee: House) -> None:
    await shopee.granted()
    shopee.grow_old(14_401)
    with pytest.raises(Unauthenticated):
        await shopee.pull()
    shopee.take(await shopee.adapter.refresh(shopee.shop))
    assert await shopee.pull() == {}
    shopee.grow_old(30 * 86_400 + 1)
    with pytest.raises(Unauthenticated):
        await shopee.adapter.refresh(shopee.shop)


async def test_nothing_is_asked_between_the_new_tokens_and_their_keeping(shopee: House) -> None:
    await shopee.granted()
    asked: list[str] = []

    async def keep(request: httpx.Request) -> None:
        asked.append(request.url.path)

    shopee.web.event_hooks["request"] = [keep]
    await shopee.adapter.refresh(shopee.shop)
    assert asked[-1].endswith(RENEW)


async def test_a_short_authorisation_is_known_before_it_ends() -> None:
    house = House(Knobs(shopee_authorised_s=7 * 86_400))
    given = await house.adapter.exchange(house.shop, await house.code(), "")
    house.take(given)
    renewed = await house.adapter.refresh(house.shop)
    assert renewed.refresh_until is not None
    assert timedelta(days=6) < renewed.refresh_until - clock.now() <= timedelta(days=7)
    house.take(renewed)
    book = house.world.grants("shopee").book
    book.granted -= 7 * 86_400 + 1
    with pytest.raises(Unauthenticated):  # the tokens would live on
        await house.pull()
    with pytest.raises(Unauthenticated):
        await house.adapter.refresh(house.shop)
    assert house.shop.refresh_token in book.refresh
    await house.web.aclose()


async def test_when_it_ends_is_not_worth_a_failure(shopee: House) -> None:
    path = "/api/v2/public/get_shops_by_partner"
    await shopee.control("faults", kind="fail_before", platform="shopee", method=path, times=0)
    await shopee.granted()
    assert (await shopee.adapter.refresh(shopee.shop)).refresh_until is not None
    assert shopee.calls("public/get_shops_by_partner") == 2


async def test_without_a_refresh_token_nothing_is_called(shopee: House) -> None:
    with pytest.raises(Unauthenticated):
        await shopee.adapter.refresh(shopee.shop)
    assert not shopee.world.calls


async def test_tokens_of_another_shop_are_not_taken(shopee: House) -> None:
    other = json.loads(sample("shopee/token_refresh.json")) | {"shop_id": 5}
    async with client(lambda request: reply(other)) as web:
        with pytest.raises(Unavailable):
            await registry.connect("shopee", web).refresh(shop("shopee", refresh_token="r"))


@pytest.mark.parametrize("kind", ["fail_after", "fail_before", "rate_limit", "busy"])
async def test_a_renewal_that_may_have_been_done_is_unavailable(shopee: House, kind: str) -> None:
    await shopee.granted()
    await shopee.control("faults", kind=kind, platform="shopee", method=f"/api/v2/{RENEW}")
    with pytest.raises(Unavailable):
        await shopee.adapter.refresh(shopee.shop)


async def test_no_secret_is_in_what_is_said(shopee: House) -> None:
    await shopee.granted()
    shopee.with_(app_secret="wrong-secret-1234")
    with pytest.raises(Rejected) as caught:
        await shopee.adapter.refresh(shopee.shop)
    said = f"{caught.value} {vars(caught.value)}"
    assert "wrong-secret-1234" not in said and shopee.shop.refresh_token not in said


async def test_settings_of_the_wrong_form_are_told(shopee: House) -> None:
    shopee.own(auth_page="other")
    with pytest.raises(Rejected) as caught:
        shopee.adapter.authorise_url(shopee.shop, "https://hub.test", "s")
    assert caught.value.code == "platform_bad_settings" and "auth_page" in caught.value.message
