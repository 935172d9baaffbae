"""The PWA's files, read once at the start. Hashed assets are immutable; the page and the worker are asked for anew."""

import gzip
import mimetypes
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, route
from litestar.exceptions import NotFoundException

from server.accounts.guards import public
from server.errors import Unavailable

_TYPES = {".wasm": "application/wasm", ".webmanifest": "application/manifest+json", ".js": "text/javascript"}
_PACKED = {".js", ".css", ".html", ".svg", ".wasm", ".webmanifest", ".json"}


class File(msgspec.Struct, frozen=True):
    body: bytes
    packed: bytes | None
    media: str
    cache: str


def read(folder: Path) -> dict[str, File]:
    """Path under / -> file. Raises Unavailable when the PWA is not built."""
    if not (folder / "index.html").exists():
        raise Unavailable("pwa_not_built", f"前端尚未构建 (the PWA is not built): {folder}; make pwa")
    files: dict[str, File] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(".map")):
        name = path.relative_to(folder).as_posix()
        body = path.read_bytes()
        media = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        cache = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
        packed = gzip.compress(body, 9, mtime=0) if path.suffix in _PACKED and len(body) > 512 else None
        files[name] = File(body, packed, media, cache)
    files[""] = files["index.html"]
    return files


@route(["/", "/{path:path}"], http_method=["GET", "HEAD"], guards=[public], include_in_schema=False)
async def serve(request: Request[Any, Any, Any], files: dict[str, File]) -> Response[bytes]:
    """A file of the PWA; what is not there is 404, never the page in its place."""
    file = files.get(request.scope["path"].lstrip("/"))
    if file is None:
        raise NotFoundException
    headers = {"Cache-Control": file.cache, "Vary": "Accept-Encoding"}
    body = file.body
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = file.packed, "gzip"
    if request.method == "HEAD":
        return Response(b"", media_type=file.media, headers={**headers, "Content-Length": str(len(body))})
    return Response(body, media_type=file.media, headers=headers)
