"""The `zhongshu` command. Each process of the house is one of its sub-commands; heavy imports happen inside them."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from server import logs, settings
from server.errors import Error
from server.settings import Settings


def _settings() -> Settings:
    s = settings.load()
    logs.set_up(s.log_level)
    return s


def _need_database(s: Settings) -> Settings:
    """Outside of `up`, the embedded database can be used while it runs."""
    if s.database_url:
        return s
    from server import instance

    held = instance.find(s.data_dir)
    if held is None or not held.database_url:
        raise click.ClickException(
            "数据库没有运行：先在另一个终端 make run，或设置 DATABASE_URL "
            "(no database: start `make run`, or set DATABASE_URL)"
        )
    return msgspec.structs.replace(s, database_url=held.database_url, redis_url=s.redis_url or held.redis_url)


def _with_database(s: Settings, work: Callable[[], Awaitable[Any]]) -> Any:
    """Run `work` with the database open and the key loaded; our errors become one clear line."""
    from server.kit import crypto, db

    async def whole() -> Any:
        crypto.load(s.key_file)
        await db.open(s.database_url, size=4)
        try:
            return await work()
        finally:
            await db.close()

    try:
        return asyncio.run(whole())
    except Error as e:
        raise click.ClickException(e.message) from e


@click.group(help="Zhongshu 中枢: the order hub.")
def main() -> None:
    """One command, many processes."""


@main.command(help="Start everything and stay until Ctrl-C. 启动全部")
def up() -> None:
    from server import supervisor

    s = settings.load()
    logs.set_up(s.log_level)
    raise SystemExit(supervisor.up(s))


@main.command(help="The web process. 网页服务")
def web() -> None:
    from server import serving

    serving.run(_need_database(_settings()))


@main.command(help="Runs jobs. 后台任务")
def worker() -> None:
    from workers import broker

    broker.run(_need_database(_settings()))


@main.command(help="Wakes workers for jobs that are due. 任务分派")
def dispatch() -> None:
    from workers import dispatch as process

    process.run(_need_database(_settings()))


@main.command(help="Moves changes into the sync log. 同步搬运")
def mover() -> None:
    from workers import mover as process

    process.run(_need_database(_settings()))


@main.command(help="Enqueues what is to be done by the clock. 定时")
def schedule() -> None:
    from workers import schedule as process

    process.run(_need_database(_settings()))


@main.command(help="The simulated shops and carrier (demo only). 演示店铺")
def sandbox() -> None:
    from server.sandbox import serve

    s = _settings()
    if not s.demo:
        raise click.ClickException("演示店铺只在演示模式 (DEMO=1) 下运行")
    serve.main(s)


@main.command(help="Bring the database up to date. 更新数据表")
def migrate() -> None:
    from server import migrate as schema

    _with_database(_need_database(_settings()), schema.migrate)


@main.command(help="Load the demo: goods, shops, people; prints the logins made as JSON. 演示数据")
def demo() -> None:
    from server import demo as data

    s = _need_database(_settings())
    if not s.demo:
        raise click.ClickException("演示数据只在演示模式 (DEMO=1) 下载入")
    logins = _with_database(s, lambda: data.load(s))
    click.echo(msgspec.json.encode({"logins": logins}).decode())


@main.group(help="People. 账号")
def user() -> None:
    """Accounts from the command line: the first manager of an installation has no other way in."""


@user.command("add", help="Add a person. 新建账号")
@click.argument("login")
@click.option("--name", required=True, help="姓名")
@click.option("--role", default="manager", show_default=True, help="service, warehouse, stock, finance, manager")
@click.option("--password", prompt="密码 password", hide_input=True, confirmation_prompt="再输一次 again")
def add_user(login: str, name: str, role: str, password: str) -> None:
    from server.accounts import actions

    _with_database(_need_database(_settings()), lambda: actions.add_person(login, name, role, password))
    click.echo(f"已新建 {login} ({name}, {role})")


@user.command("password", help="Set a new password; that person's sessions end. 重设密码")
@click.argument("login")
@click.option("--password", prompt="新密码 new password", hide_input=True, confirmation_prompt="再输一次 again")
def set_password(login: str, password: str) -> None:
    from server.accounts import actions

    _with_database(_need_database(_settings()), lambda: actions.change_password(login, password))
    click.echo(f"已更新 {login} 的密码")


@main.group(help="Shops. 店铺")
def shop() -> None:
    """Shops from the command line; the same is on the desk under 店铺."""


@shop.command("add", help="Connect a shop; prints where its owner says yes. 接入店铺")
@click.argument("platform", type=click.Choice(["taobao", "jd", "jdsp", "pinduoduo", "shopee"]))
@click.option("--name", required=True, help="店铺名称")
@click.option("--app-key", required=True, help="应用标识 (AppKey, client_id, partner_id)")
@click.option("--app-secret", prompt="应用密钥 app secret", hide_input=True)
@click.option("--external-id", default="", help="平台店铺号；授权后会自动填上")
@click.option("--base-url", default="", help="接口地址；留空为正式环境")
def add_shop(platform: str, name: str, app_key: str, app_secret: str, external_id: str, base_url: str) -> None:
    from server.platforms import going_live

    s = _need_database(_settings())
    click.echo(_with_database(s, lambda: going_live.add(s, platform, name, app_key, app_secret, external_id, base_url)))


@shop.command("test", help="Harmless signed calls, each explained. 试一试店铺接口")
@click.argument("name")
def test_shop(name: str) -> None:
    from server.platforms import going_live

    good, text = _with_database(_need_database(_settings()), lambda: going_live.try_out(name))
    click.echo(text)
    if not good:
        raise SystemExit(1)


@shop.command("list", help="The shops and how they are. 店铺列表")
def list_shops() -> None:
    from server.platforms import going_live

    click.echo(_with_database(_need_database(_settings()), going_live.listed))


@main.command("map", help="What orders a platform's response body becomes, as JSON; touches nothing. 试映射")
@click.argument("platform", type=click.Choice(["taobao", "jd", "pinduoduo", "shopee", "jdsp"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def map_file(platform: str, file: Path) -> None:
    from server.orders import preview

    try:
        result = preview.preview(platform, file.read_bytes())
    except Error as e:
        click.echo(f"✗ {e.message}", err=True)
        raise SystemExit(2) from e
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n")
    if isinstance(result, dict) and "error" in result:
        click.echo("✗ 这是一个错误回应，不是订单 (an error body, not orders)", err=True)
        raise SystemExit(1)


@main.command(
    "prove",
    help="Prove the promises under faults: chain, orders, jobs. 在故障中证明承诺",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def prove(words: tuple[str, ...]) -> None:
    """The harness lies in tests/prove, outside of what is installed."""
    root = Path(__file__).parent.parent
    if not (root / "tests" / "prove").is_dir():
        raise click.ClickException(
            "这里没有 tests/prove：证明只能在源码目录里运行 (the proofs run in a source tree only)"
        )
    raise SystemExit(subprocess.run([sys.executable, "-m", "tests.prove", *words], cwd=root, check=False).returncode)


if __name__ == "__main__":
    main(prog_name="zhongshu")
