"""What the adapter tests share: samples, shops with invented secrets, a client whose other end is a function."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx

from server.platforms.port import Shop

SAMPLES = Path(__file__).parents[1] / "samples"
SECRET = "the-app-secret-0001"
TOKEN = "the-access-token-0001"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def vectors(name: str) -> Any:
    return json.loads(sample(name))


def shop(platform: str, **changes: Any) -> Shop:
    fields: dict[str, Any] = {
        "id": "00000000-0000-7000-8000-000000000001",
        "platform": platform,
        "external_id": "322300222",
        "base_url": "https://platform.test",
        "app_key": "2001887",
        "app_secret": SECRET,
        "access_token": TOKEN,
    }
    return Shop(**{**fields, **changes})


def client(handler: Callable[[httpx.Request], httpx.Response]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(handler))


def form(request: httpx.Request) -> dict[str, str]:
    """The parameters of a call, whatever way they travel."""
    sent = dict(request.url.params)
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        sent |= dict(parse_qsl(request.content.decode(), keep_blank_values=True))
    return sent


def reply(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, content=json.dumps(body).encode(), headers=headers)
