"""`zhongshu migrate`: the schema, then the sync engine's triggers when the shapes have changed. Safe to run twice."""

import hashlib
import os

import msgspec
import structlog
from piccolo.apps.migrations.commands.forwards import run_forwards

from server.devices import shapes
from server.errors import Unavailable
from server.kit import db
from sync import capture

log = structlog.get_logger(__name__)

_LOCK = 0x7A68_6F6E  # one installation migrates once, however many processes start together
_VERSION_TABLE = "create table if not exists installed (name text primary key, digest text not null)"


async def migrate() -> None:
    """Bring the open database up to date. Raises Unavailable when a migration fails."""
    os.environ.setdefault("PICCOLO_CONF", "server.piccolo_conf")
    pool = db.ENGINE.pool
    assert pool is not None, "open the database first"
    async with pool.acquire() as lock:
        await lock.execute("select pg_advisory_lock($1)", _LOCK)
        try:
            done = await run_forwards(app_name="zhongshu")
            if not done.success:
                raise Unavailable("migration_failed", f"数据表更新失败 (migration failed): {done.message}")
            await _install_shapes()
        finally:
            await lock.execute("select pg_advisory_unlock($1)", _LOCK)


async def _install_shapes() -> None:
    statements = capture.install_sql(shapes.TEMPLATES)
    digest = hashlib.sha256(msgspec.json.encode(statements)).hexdigest()
    await db.run(_VERSION_TABLE)
    if await db.value("select digest from installed where name = 'shapes'") == digest:
        return
    async with db.transaction() as tx:
        for statement in statements:
            await tx.connection.execute(statement)
        await db.run(
            """insert into installed(name, digest) values('shapes', $1)
               on conflict (name) do update set digest = excluded.digest""",
            digest,
        )
    log.info("shapes_installed", shapes=[t.name for t in shapes.TEMPLATES])
