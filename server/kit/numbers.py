"""Running numbers for people, given out in blocks inside the caller's transaction: no gap on a rollback."""

from server.kit import db


async def take(name: str, count: int = 1) -> range:
    """The next `count` numbers of a name."""
    last = await db.value(
        """insert into running_number(name, n) values($1, $2)
           on conflict (name) do update set n = running_number.n + $2 returning n""",
        name,
        count,
    )
    return range(last - count + 1, last + 1)
