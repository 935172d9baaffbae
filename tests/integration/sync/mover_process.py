"""A mover as a process of its own, to be killed: `python mover_process.py <dsn>`."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from sync.mover import Mover

if __name__ == "__main__":
    asyncio.run(Mover(sys.argv[1]).run())
