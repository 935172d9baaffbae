"""SKUs, bundles and listings in full: seventh.sql, run as it stands."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.kit.db import ENGINE

ID = "2026-11-25T11:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "skus, bundles, listings, files of goods"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="zhongshu", description=DESCRIPTION)

    async def run() -> None:
        transaction = ENGINE.current_transaction.get()
        assert transaction is not None, "migrations run in a transaction"
        await transaction.connection.execute(Path(__file__).with_name("seventh.sql").read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
