"""Time of the orders proof, compressed: what takes minutes, hours or days in life takes seconds here.

Applied by child.py. Waits only; no rule and no decision of the product is another.
"""

import json
import os
from functools import partial
from typing import Any

PDD_LAG_S = 2
"""In life three minutes."""
TOKEN_LIFE = (16, 3600)
"""Seconds that access and refresh tokens live, in a short run. In life hours to months."""
TOKEN_LIFE_LONG_S = 120
"""In a long run, where a pull that has much to catch up with takes longer than sixteen seconds."""
OVERLAP_S = 4
"""In life five to ten minutes. Longer than LATE_S: a change that lists show late is still inside."""
LATE_S = 3.0
"""How late lists may show a change."""
LAG_S = 1
PULL_EVERY_S = 5
PAUSE_S = 3.0
"""So long calls rest at most when a platform says "too often"; in life ten minutes."""
ANSWER_S = 3.0
"""So long is an answer waited for; in life 20 s. A lost one comes later."""
STOCK = 2_000_000
"""Of each article: nothing may be short, however many orders a run has."""


def compress(command: str) -> None:
    """Called in a process of the house before it starts. command: web, worker, sandbox, …"""
    if command == "sandbox":
        _sandbox(os.environ["PROVE_ORDERS"])
        return
    if command == "demo":
        from server import demo

        demo.ON_HAND = STOCK  # type: ignore[misc]
        return
    import httpx

    from server.kit import jobs
    from server.platforms import breaker, hints, http, limiter

    jobs.MAX_BACKOFF_S = 4
    breaker.FIRST_S, breaker.MOST_S = 1.5, 6.0  # type: ignore[misc]
    hints.AGAIN_S = (2.0, 4.0, 8.0, 16.0)  # type: ignore[misc,assignment]
    if command == "schedule":
        from workers import schedule

        schedule.RENEW_EVERY_S, schedule.ASK_EVERY_DEMO_S, schedule.LISTEN_EVERY_S = 2.0, 3.0, 1.0
    pause = limiter.RedisLimiter.pause

    async def short(self: limiter.RedisLimiter, shop: Any, seconds: float) -> None:
        await pause(self, shop, min(seconds, PAUSE_S))

    limiter.RedisLimiter.pause = short  # type: ignore[method-assign]
    new = http.new_client

    def hasty(*given: Any) -> http.Line:
        line = new(*given)
        line.timeout = httpx.Timeout(ANSWER_S, connect=2.0)
        return line

    http.new_client = hasty


def _sandbox(notes: str) -> None:
    """Also notes each token that was given out or refused, since only the platform knows that for sure."""
    from server.sandbox import grants, serve
    from server.sandbox.app import create_app
    from server.sandbox.knobs import Knobs

    life = (int(os.environ.get("PROVE_TOKEN_S") or TOKEN_LIFE[0]), TOKEN_LIFE[1])
    lives = dict.fromkeys(("taobao", "jd", "pinduoduo", "shopee"), life)
    knobs = Knobs(pdd_lag_s=PDD_LAG_S, token_life=lives, message_again_s=2.0)
    serve.create_app = partial(create_app, knobs=knobs)  # type: ignore[assignment]
    renew, exchange = grants.Grants.renew, grants.Grants.exchange

    def note(**row: Any) -> None:
        with open(notes, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def renewed(self: Any, token: str, now: int, **more: Any) -> Any:
        given = renew(self, token, now, **more)
        note(platform=self.platform, token=token, said=given if isinstance(given, str) else "given")
        return given

    def exchanged(self: Any, code: str, now: int) -> Any:
        given = exchange(self, code, now)
        note(platform=self.platform, token="", said="given" if given else "no code")
        return given

    grants.Grants.renew, grants.Grants.exchange = renewed, exchanged  # type: ignore[method-assign]
