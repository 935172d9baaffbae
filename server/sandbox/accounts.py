"""The four shops of the sandbox and its carrier's key. Every key here is public on purpose and opens nothing else."""

from typing import Any, Final

TAOBAO: Final[dict[str, Any]] = {
    "platform": "taobao",
    "external_id": "演示旗舰店",
    "name": "淘宝 演示旗舰店",
    "app_key": "21000001",
    "app_secret": "sandbox-taobao-secret-0001",
    "access_token": "6100000sandboxsession0001",
    "path": "/taobao",
}
JD: Final[dict[str, Any]] = {
    "platform": "jd",
    "external_id": "10000001",
    "name": "京东 演示官方店",
    "app_key": "SANDBOXJDAPPKEY0001",
    "app_secret": "sandbox-jd-secret-0001",
    "access_token": "sandboxjdtoken0001",
    "path": "/jd",
}
PINDUODUO: Final[dict[str, Any]] = {
    "platform": "pinduoduo",
    "external_id": "900000001",
    "name": "拼多多 演示专营店",
    "app_key": "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
    "app_secret": "sandboxpinduoduosecret000000000000000001",
    "access_token": "sandbox_pdd_token_0001",
    "path": "/pinduoduo",
}
SHOPEE: Final[dict[str, Any]] = {
    "platform": "shopee",
    "external_id": "322300222",
    "name": "Shopee Demo SG",
    "app_key": "2001887",
    "app_secret": "73616e64626f782d73686f7065652d7061727472",  # looks like hex, is used as text
    "access_token": "73616e64626f785f73686f7065655f30303031",
    "path": "/shopee",
}
SHOPS: Final[list[dict[str, Any]]] = [TAOBAO, JD, PINDUODUO, SHOPEE]
"""What the demo registers. `path` is the prefix inside the sandbox; each platform's own path follows it
(/taobao/router/rest, /jd/routerjson, /pinduoduo/api/router, /shopee/api/v2/…). Shopee signs without the prefix."""

PLATFORMS: Final = tuple(str(shop["platform"]) for shop in SHOPS)

CARRIER_KEY: Final = "slx-sandbox"
CARRIER_SECRET: Final = "slx-sandbox-secret-0001"  # noqa: S105  public on purpose
