"""JD's authorisation: the owner's page, tokens for a code, new tokens in the last day only."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from server.errors import Rejected, Unauthenticated, Unavailable
from server.platforms import registry
from server.platforms.jd.auth import grant
from server.platforms.port import Account
from server.sandbox.accounts import JD
from tests.contract.adapters.jd.house import House
from tests.contract.adapters.support import sample, shop


def test_a_token_answer_is_read_with_its_time_as_text_or_number() -> None:
    found = json.loads(sample("jd/oauth_token.json"))
    as_text, as_number = grant(found), grant({**found, "time": int(found["time"])})
    assert as_text == as_number
    assert as_text.access_until == as_text.refresh_until == datetime(2026, 12, 22, 2, 0, tzinfo=UTC)
    assert (as_text.access_token, as_text.refresh_token) == ("jdtesttoken0001", "jdtestrefresh0001")
    with pytest.raises(ValueError, match="no token"):
        grant({})


@pytest.mark.parametrize(
    ("base", "settings", "page"),
    [
        ("https://api.jd.com", {}, "https://open-oauth.jd.com/oauth2/to_login"),
        ("https://jd.com.evil.test", {}, "https://jd.com.evil.test/oauth2/to_login"),
        ("https://api.jd.com", {"own": {"oauth_url": "https://x.test/"}}, "https://x.test/oauth2/to_login"),
    ],
)
def test_where_the_owner_says_yes(base: str, settings: dict[str, Any], page: str) -> None:
    url = registry.get("jd").authorise_url(shop("jd", base_url=base, settings=settings), "https://hub.test/back", "s&1")
    assert url.split("?")[0] == page
    query = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
    assert query["redirect_uri"] == "https://hub.test/back" and query["state"] == "s&1"
    assert query["response_type"] == "code" and "app_secret" not in query


async def test_from_the_owners_yes_to_a_working_token(jd: House) -> None:
    answer = await jd.web.get(jd.adapter.authorise_url(jd.shop, "https://hub.test/back?x=1", "s1"))
    assert answer.status_code == 302
    back = {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert back["x"] == "1" and back["state"] == "s1"
    given = await jd.adapter.exchange(jd.shop, back["code"], "https://hub.test/back?x=1")
    assert given.name == JD["name"] and given.access_until is not None
    account = await jd.adapter.account(jd.take(given))
    assert account == Account(external_id=JD["external_id"], name=JD["name"], clock_off_s=0.0)
    with pytest.raises(Rejected):
        await jd.adapter.exchange(jd.shop, back["code"], "https://hub.test/back?x=1")


async def test_renewed_in_the_last_day_and_both_old_tokens_are_dead(jd: House) -> None:
    old = jd.take(await jd.adapter.exchange(jd.shop, await jd.code(), ""))
    jd.age(29.5)
    given = await jd.adapter.refresh(old)
    assert given.access_token != old.access_token and given.refresh_token not in ("", old.refresh_token)
    jd.take(given)
    jd.age(1)
    assert (await jd.adapter.account(jd.shop)).external_id == JD["external_id"]
    with pytest.raises(Unauthenticated):
        await jd.adapter.account(old)
    with pytest.raises(Unauthenticated):  # spent: a person must say yes again
        await jd.adapter.refresh(old)


async def test_too_early_is_said_and_the_old_tokens_live_on(jd: House) -> None:
    jd.take(await jd.adapter.exchange(jd.shop, await jd.code(), ""))
    with pytest.raises(Unavailable) as caught:
        await jd.adapter.refresh(jd.shop)
    assert caught.value.code == "platform_too_early"
    assert (await jd.adapter.account(jd.shop)).external_id
    jd.age(29.5)
    assert (await jd.adapter.refresh(jd.shop)).access_token


async def test_too_late_is_a_case_for_a_person(jd: House) -> None:
    jd.take(await jd.adapter.exchange(jd.shop, await jd.code(), ""))
    jd.age(30.1)
    with pytest.raises(Unauthenticated):
        await jd.adapter.refresh(jd.shop)
    with pytest.raises(Unauthenticated):
        await jd.adapter.refresh(jd.with_(refresh_token=""))


async def test_a_lost_answer_to_a_renewal_is_unavailable(jd: House) -> None:
    jd.take(await jd.adapter.exchange(jd.shop, await jd.code(), ""))
    jd.age(29.5)
    await jd.control("faults", kind="fail_after", platform="jd", method="/oauth2/refresh_token")
    with pytest.raises(Unavailable):
        await jd.adapter.refresh(jd.shop)


async def test_no_secret_is_in_what_is_said(jd: House) -> None:
    with pytest.raises(Rejected) as caught:
        await jd.adapter.exchange(jd.with_(app_secret="wrong-secret-1234"), "c", "")
    assert "wrong-secret-1234" not in f"{caught.value} {vars(caught.value)}"


async def test_an_ended_token_asks_for_a_person(jd: House) -> None:
    await jd.control("faults", kind="token_end", platform="jd")
    with pytest.raises(Unauthenticated):
        await jd.pull()
