"""The installation's key is another one than the database was sealed with: said in words, and nothing is lost."""

from pathlib import Path
from typing import Any

import pytest

from server.errors import Conflict
from server.kit import crypto
from server.platforms import queries
from tests.support.world import World


async def test_another_key_file_is_told(db: Any, world: World, tmp_path: Path) -> None:
    """Restored without its key, the house makes a new one at its start."""
    shop, _ = await queries.get_shop(world.shops["taobao"])
    crypto.load(tmp_path / "made anew")
    with pytest.raises(Conflict, match="密钥"):
        await queries.get_shop(world.shops["taobao"])
    crypto.load(tmp_path / "key")
    assert (await queries.get_shop(world.shops["taobao"]))[0] == shop
