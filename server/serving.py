"""Runs the web app under uvicorn, and says when it answers."""

import os
from pathlib import Path

import click
import uvicorn

from server.app import create_app
from server.devices import api as devices
from server.errors import Error
from server.settings import Settings


class _Server(uvicorn.Server):
    async def startup(self, sockets: object = None) -> None:
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started and (ready := os.environ.get("READY_FILE")):
            Path(ready).touch()

    async def shutdown(self, sockets: object = None) -> None:
        devices.release()  # or they would be waited for, and then cut off
        await super().shutdown(sockets)  # type: ignore[arg-type]


def run(settings: Settings) -> None:
    """Serve until a signal."""
    try:
        app = create_app(settings)
    except Error as e:
        raise click.ClickException(e.message) from e
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=65,
        proxy_headers=bool(settings.public_url),
        forwarded_allow_ips="127.0.0.1",
    )
    server = _Server(config)
    server.run()
    if not server.started:
        raise SystemExit(1)
