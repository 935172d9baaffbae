"""Calls to platforms: one request, one bounded answer, errors of ours. What is asked is in <platform>/client.py."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NoReturn

import httpx
import structlog
from msgspec import Struct

from server.errors import Rejected, Unauthenticated, Unavailable
from server.kit import clock
from server.platforms import raw
from server.platforms.limiter import Limiter
from server.platforms.port import Shop, Trouble

log = structlog.get_logger(__name__)

MAX_BODY: Final = 10 * 1024 * 1024
DEADLINE_S: Final = 60.0
"""For a whole answer, however slowly it drips."""
_NOISE: Final = timedelta(seconds=5)
_MOST_AHEAD: Final = timedelta(hours=12)

# httpx writes whole addresses into its log at INFO, and Shopee's hold the access token.
logging.getLogger("httpx").setLevel(logging.WARNING)

Build = Callable[[httpx.AsyncClient, datetime], httpx.Request]
"""Makes the signed request for one moment. Called again when the platform refuses the timestamp."""


class Answer(Struct, frozen=True):
    status: int
    body: bytes
    date: datetime | None
    retry_after: float | None


class Line(httpx.AsyncClient):
    """The client for all platforms of a process, and the limit that its calls keep."""

    limiter: Limiter | None = None


def new_client(limiter: Limiter | None = None) -> Line:
    """Redirects are not followed: a request holds secrets."""
    line = Line(
        timeout=httpx.Timeout(20.0, connect=5.0),
        # Kept for less than gateways do (5 s is common): a connection that closes while we send looks like an outage.
        limits=httpx.Limits(max_connections=40, max_keepalive_connections=20, keepalive_expiry=2.0),
        mounts={"all://127.0.0.1": None, "all://localhost": None},  # never through a proxy
    )
    line.limiter = limiter
    return line


class Gateway:
    """The way into one platform: sends, reads its error bodies, corrects the clock once."""

    def __init__(
        self, name: str, read: Callable[[bytes], Trouble | None], client: httpx.AsyncClient | None = None
    ) -> None:
        """`name`: in Chinese, for messages. Without a client only the pure parts of an adapter work."""
        self._name = name
        self._read = read
        self._client = client
        self._limiter = client.limiter if isinstance(client, Line) else None
        self._skew = timedelta()
        self.ahead = timedelta()
        """How far our clock was ahead of theirs at the last answer: windows must not end in their future."""

    async def call(self, shop: Shop, build: Build) -> bytes:
        """The body of a successful answer.

        Raises Unavailable (busy, no answer, no JSON), Unauthenticated (dead token), Rejected (no). A refused
        timestamp is answered once with the platform's own time, which is kept: it is told by the Date header
        alone, since a platform's time method is signed with a timestamp too.
        """
        answer, trouble = await self._turn(shop, build)
        if trouble and trouble.clock and answer.date:
            self._skew = answer.date - clock.now()
            answer, trouble = await self._turn(shop, build)
        if trouble:
            fail(self._name, trouble, shop, answer.retry_after)
        return answer.body

    async def _turn(self, shop: Shop, build: Build) -> tuple[Answer, Trouble | None]:
        if self._limiter is None:
            return await self._once(shop, build)
        await self._limiter.take(shop)
        answer, trouble = await self._once(shop, build)
        if trouble and trouble.kind == "unavailable" and trouble.retry_after:
            await self._limiter.pause(shop, trouble.retry_after)
        return answer, trouble

    async def _once(self, shop: Shop, build: Build) -> tuple[Answer, Trouble | None]:
        if self._client is None:
            raise RuntimeError("this adapter has no client: use registry.connect")
        try:
            request = build(self._client, clock.now() + self._skew)
        except httpx.InvalidURL:
            raise Rejected("platform_bad_address", f"这家店铺的{self._name}接口地址无效，请检查店铺设置") from None
        answer = await exchange(self._name, self._client, request)
        if answer.date:
            ahead = clock.now() - answer.date  # in whole seconds, and the way takes time
            self.ahead = min(ahead, _MOST_AHEAD) if ahead > _NOISE else timedelta()
        if answer.status >= 500 or answer.status == 429:
            raise Unavailable(
                "platform_unavailable",
                f"{self._name}暂时没有响应，稍后再试",
                retry_after=answer.retry_after,
                status=answer.status,
            )
        try:
            return answer, self._read(answer.body)
        except raw.Unreadable:
            if 300 <= answer.status < 500:
                raise Rejected(
                    "platform_rejected", f"{self._name}拒绝了这次请求（HTTP {answer.status}）", status=answer.status
                ) from None
            raise unreadable(self._name) from None


async def exchange(name: str, client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    """Send one request. Raises Unavailable; the texts of httpx, which may hold the address, stay out of it."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            response = await client.send(request, stream=True)
            try:
                chunks = bytearray()
                async for chunk in response.aiter_bytes():
                    chunks += chunk
                    if len(chunks) > MAX_BODY:
                        raise Unavailable("platform_too_large", f"{name}的回复超过 10 MB，已放弃读取")
            finally:
                await response.aclose()
    except (TimeoutError, httpx.TimeoutException):
        raise Unavailable("platform_timeout", f"{name}没有及时回复，稍后再试") from None
    except httpx.HTTPError as e:
        raise Unavailable("platform_unreachable", f"连接不上{name}，稍后再试", cause=type(e).__name__) from None
    return Answer(
        response.status_code,
        bytes(chunks),
        _date(response.headers.get("date", "")),
        _seconds(response.headers.get("retry-after", "")),
    )


def fail(name: str, trouble: Trouble, shop: Shop, retry_after: float | None = None) -> NoReturn:
    """Raise what an error body means. The platform's own words are kept, without the shop's secrets."""
    words = clean(trouble.text, shop)
    log.info("platform_said_no", platform=shop.platform, shop=shop.id, kind=trouble.kind, code=trouble.code,
             sub_code=clean(trouble.sub_code, shop), request_id=clean(trouble.request_id, shop))  # fmt: skip
    detail = {"platform_code": trouble.code, "sub_code": clean(trouble.sub_code, shop), "text": words}
    if trouble.kind == "unavailable":
        wait = trouble.retry_after if trouble.retry_after is not None else retry_after
        raise Unavailable("platform_unavailable", trouble.message, retry_after=wait, **detail)
    if trouble.kind == "unauthenticated":
        raise Unauthenticated("platform_unauthenticated", trouble.message, **detail)
    message = f"{trouble.message}（{name}：{words}）" if words and words != trouble.message else trouble.message
    raise Rejected("platform_rejected", message, **detail)


def unreadable(name: str) -> Unavailable:
    return Unavailable("platform_unreadable", f"{name}的回复无法识别，稍后再试")


def clean(words: str, shop: Shop) -> str:
    """Platforms sometimes repeat what they were sent."""
    for secret in (shop.app_secret, shop.access_token, shop.refresh_token):
        if secret:
            words = words.replace(secret, "***")
    return words


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds(value: str) -> float | None:
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else None
