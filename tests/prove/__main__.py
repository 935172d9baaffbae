"""`zhongshu prove …`, and (as the house's own program) `python -m tests.prove up`."""

import asyncio
import json
import random
import sys
from typing import Any

import click

from tests.prove import plants


def _tell(counts: dict[str, Any]) -> None:
    """The counts as one line of JSON, last; non-zero when a promise was broken."""
    for line in counts["violations"][:40]:
        click.echo(f"✗ {line}", err=True)
    click.echo(json.dumps(counts, ensure_ascii=False))
    if counts["violations"]:
        raise SystemExit(1)


def _list_plants(proof: str) -> None:
    for name, plant in plants.PLANTS.items():
        if plant.found_by == proof:
            click.echo(f"{name:<20} {plant.says}")


def _known(plant: str, proof: str) -> None:
    if plant and (plant not in plants.PLANTS or plants.PLANTS[plant].found_by != proof):
        raise click.ClickException(f"no such plant: {plant}; see --list-plants")


def _seed(given: int | None) -> int:
    return random.SystemRandom().randrange(10**6) if given is None else given


@click.group()
def main() -> None:
    """Proofs under faults. 在故障中证明承诺"""


@main.command(help="The whole chain while everything is killed. 全链路")
@click.option("--seed", type=int, default=None, help="replays the plan of faults and acts; drawn when left out")
@click.option("--orders", type=click.IntRange(1, 1200), default=100, show_default=True)
@click.option("--plant", default="", help="put a bug in; the proof must then fail")
@click.option("--list-plants", is_flag=True)
def chain(seed: int | None, orders: int, plant: str, list_plants: bool) -> None:
    if list_plants:
        _list_plants("chain")
        return
    from tests.prove import chain as proof

    _known(plant, "chain")
    _tell(asyncio.run(proof.prove(_seed(seed), orders, plant)))


@main.command(help="Jobs under kills, lost Redis, restarted databases. 后台任务")
@click.option("--seed", type=int, default=None)
@click.option("--jobs", "count", type=click.IntRange(100, 100_000), default=1_000, show_default=True)
@click.option("--plant", default="", help="put a bug in; the proof must then fail")
@click.option("--list-plants", is_flag=True)
@click.option("--poison/--no-poison", default=True, help="also a job that kills its worker, about 90 s")
def jobs(seed: int | None, count: int, plant: str, list_plants: bool, poison: bool) -> None:
    if list_plants:
        _list_plants("jobs")
        return
    from tests.prove import jobs as proof

    _known(plant, "jobs")
    _tell(asyncio.run(proof.prove(_seed(seed), count, plant, poison)))


@main.command(help="Orders pulled from four shops on their worst days. 不漏单")
@click.option("--seed", type=int, default=None)
@click.option("--orders", type=click.IntRange(100, 200_000), default=2_000, show_default=True)
@click.option("--plant", default="", help="put a bug in; the proof must then fail")
@click.option("--list-plants", is_flag=True)
def orders(seed: int | None, orders: int, plant: str, list_plants: bool) -> None:
    if list_plants:
        _list_plants("orders")
        return
    from tests.prove import orders as proof

    _known(plant, "orders")
    _tell(asyncio.run(proof.prove(_seed(seed), orders, plant)))


@main.command(hidden=True)
def up() -> None:
    from tests.prove import up as house

    sys.exit(house.main())


if __name__ == "__main__":
    main(prog_name="zhongshu prove")
