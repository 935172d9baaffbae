"""The sandbox as a process of its own, on 127.0.0.1: `main(settings)`.

From the environment: SANDBOX_STATE (the state file), SANDBOX_SEED, SANDBOX_RATE (orders a minute), READY_FILE
(touched once connections are accepted).
"""

import asyncio
import os
import random
import socket
from pathlib import Path

import click
import uvicorn

from server.errors import Invalid
from server.sandbox.app import create_app
from server.settings import Settings


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        ready = os.environ.get("READY_FILE")
        if ready and self.started:
            await asyncio.to_thread(Path(ready).touch)


def main(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. ClickException: a setting or the state file cannot be understood."""
    env = os.environ
    try:
        rate = float(env["SANDBOX_RATE"]) if env.get("SANDBOX_RATE") else None
        # Order and waybill numbers carry the seed: a sandbox that starts afresh must not give out old ones again.
        seed = int(env["SANDBOX_SEED"]) if env.get("SANDBOX_SEED") else random.SystemRandom().randrange(1, 100_000)
    except ValueError as e:
        raise click.ClickException(f"SANDBOX_RATE 与 SANDBOX_SEED 应为数字:{e}") from e
    state = Path(env.get("SANDBOX_STATE") or settings.data_dir / "sandbox.json")
    try:
        app = create_app(seed, state, rate_per_min=rate)
    except Invalid as e:
        raise click.ClickException(e.message) from e
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=settings.sandbox_port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        lifespan="on",
        timeout_graceful_shutdown=3,
    )
    server = _Server(config)
    server.run()
    if not server.started:  # the port is taken, say
        raise SystemExit(1)
