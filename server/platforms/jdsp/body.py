"""How SP-API writes orders: yuan as JSON floats, epoch milliseconds, ids as integers, lines with a key of their own."""

from typing import ClassVar, Final

from server.platforms import raw
from server.platforms.jd.body import JdBody
from server.platforms.jdsp.errors import trouble
from server.platforms.port import Envelope


class JdspBody(JdBody):
    code: ClassVar[str] = "jdsp"
    name: ClassVar[str] = "京东（新接口）"

    def split(self, data: bytes) -> Envelope:
        found = trouble(data)
        if found is not None:
            return Envelope(trouble=found)
        return super().split(answer(data))


def answer(data: bytes) -> bytes:
    """The envelope {success, data, …} itself. Raises Unreadable."""
    root = raw.fields(data)
    return root["Response"] if "Response" in root and "success" not in root else data


BODY: Final = JdspBody()
