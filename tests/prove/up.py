"""`zhongshu up` with a planted bug: the product's own supervisor, its children started through child.py."""

import sys

from server import logs, settings
from server.supervisor import Supervisor


def main() -> int:
    s = settings.load()
    logs.set_up(s.log_level)
    return Supervisor(s, program=[sys.executable, "-m", "tests.prove.child"]).run()


if __name__ == "__main__":
    raise SystemExit(main())
