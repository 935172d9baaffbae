"""An httpx client that knows the app it talks to."""

from typing import Any

import httpx
from litestar import Litestar


class Client(httpx.AsyncClient):
    """.app: for tests that read its routes."""

    app: Litestar

    async def msgpack(self, path: str, body: bytes) -> httpx.Response:
        """A request of the sync protocol."""
        headers: dict[str, Any] = {"Content-Type": "application/msgpack"}
        return await self.post(path, content=body, headers=headers)
