"""The owner's yes on a platform's page: a code, and the way back to whoever asked for it."""

from urllib.parse import urlencode

from litestar import Response

from server.sandbox.model import Platform
from server.sandbox.world import World


def sent_back(world: World, platform: Platform, target: str, **more: str) -> Response[bytes]:
    """The owner said yes at once. `target`: where the browser is sent, with the code and `more`."""
    code = world.grants(platform).code(world.now())
    world.touch()
    back = urlencode({"code": code, **more})
    return Response(b"", status_code=302, headers={"Location": f"{target}{'&' if '?' in target else '?'}{back}"})
