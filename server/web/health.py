"""Is the house up? For supervisors and balancers, without a login."""

import asyncpg
import msgspec
import redis.asyncio
from litestar import Response, get

from server.accounts.guards import public
from server.errors import Unavailable
from server.kit import db
from server.settings import Settings


class Health(msgspec.Struct, frozen=True):
    ok: bool
    db: bool
    redis: bool
    version: str
    demo: bool


@get("/health", guards=[public])
async def health(settings: Settings, version: str) -> Response[Health]:
    """200 when the database answers; a silent Redis only slows jobs down, it is told but does not fail the check."""
    try:
        database = await db.value("select true") is True
    except (Unavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        database = False
    client = redis.asyncio.Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1)
    try:
        broker = bool(await client.ping())
    except (redis.RedisError, OSError):
        broker = False
    finally:
        await client.aclose()
    return Response(Health(database, database, broker, version, settings.demo), status_code=200 if database else 503)
