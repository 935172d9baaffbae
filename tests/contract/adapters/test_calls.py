"""One call: bounded, timed, with the clock corrected once, and no secret in what is said about it."""

import gzip
import logging
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from server.errors import Rejected, Unauthenticated, Unavailable
from server.kit import clock
from server.platforms import http, registry
from tests.contract.adapters.support import SECRET, TOKEN, client, form, reply, sample, shop

ONE = {
    "taobao": ("4100000000000000001", "taobao/trade_fullinfo_get.normal.json"),
    "jd": ("300000000001", "jd/pop_order_enGet.normal.json"),
    "pinduoduo": ("260101-000000000000001", "pinduoduo/order_information_normal.json"),
    "shopee": ("260101DEMO0001", "shopee/order_detail_normal.json"),
}
STALE: dict[str, Any] = {
    "taobao": {"error_response": {"code": 31, "msg": "Invalid timestamp"}},
    "jd": {"error_response": {"code": "8", "zh_desc": "时间戳参数无效", "en_desc": "Invalid timestamp"}},
    "pinduoduo": {"error_response": {"error_code": 10001, "error_msg": "公共参数错误:timestamp", "sub_msg": ""}},
    "shopee": {"error": "error_param", "message": "Timestamp is expired."},
}


async def asked(code: str, handler: Any) -> bytes:
    async with client(handler) as web:
        order = await registry.connect(code, web).order(shop(code), ONE[code][0])
        return order.body


@pytest.mark.parametrize("code", registry.CODES)
async def test_one_order_keeps_its_bytes(code: str) -> None:
    body = await asked(code, lambda request: httpx.Response(200, content=sample(ONE[code][1])))
    assert body in sample(ONE[code][1])


@pytest.mark.parametrize("code", registry.CODES)
async def test_every_call_is_signed_and_addressed(code: str) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=sample(ONE[code][1]))

    await asked(code, handler)
    assert len(form(seen[0])["sign"]) in (32, 64)
    assert "" not in form(seen[0]).values()
    paths = {"taobao": "/router/rest", "jd": "/routerjson", "pinduoduo": "/api/router"}
    assert seen[0].url.path == paths.get(code, "/api/v2/order/get_order_detail")


@pytest.mark.parametrize("code", registry.CODES)
async def test_a_refused_timestamp_is_sent_again_with_their_time(code: str) -> None:
    theirs = clock.now() + timedelta(hours=3)
    stamps: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        stamps.append(form(request)["timestamp"])
        if len(stamps) == 1:
            return reply(STALE[code], date=format_datetime(theirs, usegmt=True))
        return httpx.Response(200, content=sample(ONE[code][1]))

    async with client(handler) as web:
        adapter = registry.connect(code, web)
        await adapter.order(shop(code), ONE[code][0])
        assert len(stamps) == 2 and stamps[0] < stamps[1]
        await adapter.order(shop(code), ONE[code][0])  # from now on right at once
    assert len(stamps) == 3 and stamps[2] >= stamps[1]


@pytest.mark.parametrize("code", registry.CODES)
@pytest.mark.parametrize("dated", [True, False])
async def test_but_only_once(code: str, dated: bool) -> None:
    calls = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return reply(STALE[code], **({"date": format_datetime(clock.now(), usegmt=True)} if dated else {}))

    with pytest.raises(Rejected):
        await asked(code, handler)
    assert calls == (2 if dated else 1)


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_a_failing_gateway_is_unavailable(status: int) -> None:
    with pytest.raises(Unavailable) as caught:
        await asked("jd", lambda request: httpx.Response(status, content=b"<html>", headers={"retry-after": "17"}))
    assert caught.value.retry_after == 17


@pytest.mark.parametrize(("status", "error"), [(200, Unavailable), (404, Rejected), (413, Rejected), (302, Rejected)])
async def test_an_answer_that_is_no_json(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        await asked("taobao", lambda request: httpx.Response(status, content=b"<html>maintenance</html>"))


async def test_the_status_does_not_count_where_there_is_a_body() -> None:
    with pytest.raises(Unauthenticated):
        await asked("shopee", lambda request: httpx.Response(403, content=sample("shopee/error_access_token.json")))


@pytest.mark.parametrize(
    "broken", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.PoolTimeout]
)
async def test_a_broken_line_is_unavailable_and_says_no_address(broken: type[httpx.HTTPError]) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise broken(f"no way to {request.url}")

    with pytest.raises(Unavailable) as caught:
        await asked("shopee", handler)
    assert TOKEN not in f"{caught.value} {vars(caught.value)}"
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


@pytest.mark.parametrize("packed", [True, False])
async def test_an_answer_is_read_up_to_ten_megabytes(packed: bool) -> None:
    body = b" " * (http.MAX_BODY + 1)
    headers = {"content-encoding": "gzip"} if packed else {}

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=gzip.compress(body) if packed else body, headers=headers)

    with pytest.raises(Unavailable) as caught:
        await asked("pinduoduo", handler)
    assert caught.value.code == "platform_too_large"


async def test_bad_packing_is_unavailable() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(b"no gzip"), headers={"content-encoding": "gzip"})

    with pytest.raises(Unavailable):
        await asked("pinduoduo", handler)


@pytest.mark.parametrize("code", registry.CODES)
async def test_another_order_than_asked_for_is_not_taken(code: str) -> None:
    async with client(lambda request: httpx.Response(200, content=sample(ONE[code][1]))) as web:
        with pytest.raises(Unavailable):
            await registry.connect(code, web).order(shop(code), "999")


async def test_pinduoduo_an_announced_order_may_come_later() -> None:
    with pytest.raises(Unavailable) as caught:
        await asked(
            "pinduoduo",
            lambda request: httpx.Response(200, content=sample("pinduoduo/error_order_not_yet_readable.json")),
        )
    assert caught.value.retry_after == 60


@pytest.mark.parametrize("code", registry.CODES)
async def test_no_secret_in_the_log(code: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)  # of the root logger, as an application does
    await asked(code, lambda request: httpx.Response(200, content=sample(ONE[code][1])))
    with pytest.raises(Unauthenticated) as caught:
        await asked(code, lambda request: reply(dead(code)))
    said = f"{caplog.text} {caught.value} {vars(caught.value)}"
    assert TOKEN not in said and SECRET not in said


def dead(code: str) -> Any:
    """A platform that repeats the token it does not like."""
    words = f"bad token {TOKEN}"
    if code == "shopee":
        return {"error": "error_auth", "message": words}
    if code == "pinduoduo":
        return {"error_response": {"error_code": 10019, "error_msg": words, "sub_msg": words}}
    if code == "jd":
        return {"error_response": {"code": "19", "zh_desc": words, "en_desc": words}}
    return {"error_response": {"code": 27, "msg": words, "sub_code": "invalid-sessionkey"}}


async def test_the_client_of_a_process_follows_no_redirect() -> None:
    async with http.new_client() as web:
        assert not web.follow_redirects
        assert web.timeout.connect == 5.0


@pytest.mark.parametrize("code", registry.CODES)
async def test_windows_do_not_end_in_their_future(code: str) -> None:
    """Our clock may be ahead by less than what a timestamp is refused for."""
    now = clock.now()

    def handler(request: httpx.Request) -> httpx.Response:
        theirs = format_datetime(now - timedelta(minutes=4), usegmt=True)
        return httpx.Response(200, content=sample(ONE[code][1]), headers={"date": theirs})

    async with client(handler) as web:
        adapter = registry.connect(code, web)
        before = adapter.windows(now - timedelta(minutes=10), now)[-1]
        await adapter.order(shop(code), ONE[code][0])
        after = adapter.windows(now - timedelta(minutes=10), now)[-1]
    assert timedelta(minutes=3, seconds=58) <= before.until - after.until <= timedelta(minutes=4, seconds=3)


@pytest.mark.parametrize("code", registry.CODES)
@pytest.mark.parametrize(
    ("address", "error"), [("http://x.test:port", Rejected), ("ftp://x.test", Unavailable), ("", Unavailable)]
)
async def test_a_bad_address_is_told(code: str, address: str, error: type[Exception]) -> None:
    async with http.new_client() as web:
        with pytest.raises(error):
            await registry.connect(code, web).order(shop(code, base_url=address), ONE[code][0])
