"""The servers of a test session."""

import os
from pathlib import Path

from server import migrate
from server.embedded import Embedded
from server.kit import db


class House:
    """Running PostgreSQL and Valkey, and databases copied from a migrated template."""

    def __init__(self, servers: Embedded, folder: Path) -> None:
        self.servers, self.folder = servers, folder
        self.redis_url = servers.redis_url

    @property
    def database_url(self) -> str:
        """The empty default database."""
        return self.servers.database_url

    def fresh(self, name: str) -> str:
        """A new migrated database; its URL."""
        return self.servers.create_database(name, template="template_zs")

    def drop(self, url: str) -> None:
        self.servers.drop_database(url.split("/")[3].split("?")[0])


async def migrated(url: str) -> None:
    """Migrate an empty database and close it again."""
    os.environ["DATABASE_URL"] = url
    await db.open(url, size=2)
    try:
        await migrate.migrate()
    finally:
        await db.close()
        del os.environ["DATABASE_URL"]
