"""What all simulated gateways share: reading a request, suffering faults, writing JSON. No rule of any platform."""

import asyncio
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, Protocol
from urllib.parse import parse_qs, parse_qsl

import msgspec
from litestar import Request, Response
from msgspec import Struct

from server.sandbox import spoil
from server.sandbox.world import World


class Asked(Struct):
    """One request as it came."""

    verb: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    token_dead: bool = False
    lists: dict[str, list[str]] = {}
    """The query once more, for those who repeat a name."""

    @property
    def params(self) -> dict[str, str]:
        """Query and form together: TOP and JD sign parameters regardless of where they travel."""
        return self.query | self.form


class Reply(Struct):
    """One answer. `refusal` is the platform's error code, for the counters."""

    body: Any
    status: int = 200
    refusal: str = ""


class Refused(Exception):
    """Raised inside a gateway where a check fails; its answer is `reply`."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.refusal)
        self.reply = reply


class Front(Protocol):
    """The gateway of one platform. Synchronous: between reading and answering nothing else happens."""

    name: str

    def method(self, asked: Asked) -> str:
        """Which method is called, for faults and counters."""
        ...

    def answer(self, asked: Asked) -> Reply:
        """Check the call as the platform does, then do it."""
        ...

    def limited(self, asked: Asked) -> Reply:
        """The platform's own way to say: too often."""
        ...

    def busy(self, asked: Asked) -> Reply:
        """The platform's own way to say: something behind me does not answer, try again."""
        ...


def pairs(text: bytes | str) -> dict[str, str]:
    """An urlencoded text as text pairs; blank values stay (they count as sent), the last of a name wins."""
    raw = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return dict(parse_qsl(raw, keep_blank_values=True))


async def read(request: Request[Any, Any, Any], path: str) -> Asked:
    """The request, its body read whole (Litestar has refused more than the limit with 413)."""
    body = await request.body()
    kind = request.headers.get("content-type", "")
    return Asked(
        verb=request.method,
        path=path,
        query=pairs(request.scope["query_string"]),
        form=pairs(body) if kind.startswith("application/x-www-form-urlencoded") else {},
        headers=dict(request.headers),
        body=body,
        lists=parse_qs(request.scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True),
    )


def json(body: Any, status: int = 200) -> Response[bytes]:
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json; charset=utf-8")


async def serve(world: World, front: Front, request: Request[Any, Any, Any], path: str = "") -> Response[bytes]:
    """One call: let time pass, suffer the faults, answer."""
    asked = await read(request, path)
    world.tick()
    method = front.method(asked)
    world.calls[f"{front.name} {method}"] += 1
    hit = world.faults.next(front.name, method)
    if hit.delay_s:
        await asyncio.sleep(hit.delay_s)
        world.tick()
    if hit.before:
        return _broken(hit.before)
    asked.token_dead = hit.token_dead
    if hit.token_end:
        world.end_tokens(front.name)
    if hit.shift:
        world.shift(front.name)
    if hit.apply_after_s:
        # Kept by the loop, not by the request: the caller is long gone when it is done.
        asyncio.get_running_loop().call_later(hit.apply_after_s, front.answer, asked)
        return _broken(504)
    if hit.limited:
        reply = front.limited(asked)
    else:
        with world.clock_off(hit.skew_s):
            reply = front.busy(asked) if hit.busy else front.answer(asked)
    for how in hit.spoil:
        for order in spoil.orders_in(reply.body):
            spoil.spoil(order, how, world.faults.draw)
    if reply.refusal:
        world.refusals[f"{front.name} {method} {reply.refusal}"] += 1
    if hit.late_s:
        await asyncio.sleep(hit.late_s)
    if hit.after:
        return _broken(hit.after)
    return dated(json(reply.body, reply.status), world, hit.skew_s)


def dated(response: Response[bytes], world: World, skew_s: float) -> Response[bytes]:
    """With the platform's own idea of the time in its Date header, where that is off."""
    if skew_s:
        response.headers["date"] = formatdate(world.time() + skew_s, usegmt=True)
    return response


def _broken(status: int) -> Response[bytes]:
    """A gateway on the way fails: no JSON, no code of the platform."""
    return Response(b"<html><body>Bad Gateway</body></html>", status_code=status, media_type="text/html")
