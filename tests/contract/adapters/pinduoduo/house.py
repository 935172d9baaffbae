"""Pinduoduo's adapter against the sandbox."""

from datetime import UTC, datetime, timedelta

from server.platforms.port import RawRefund, Window
from tests.contract.adapters.sandboxed import OURS as OURS
from tests.contract.adapters.sandboxed import Sandboxed


class House(Sandboxed):
    platform = "pinduoduo"

    def window(self, minutes: float = 30, behind: float = 190) -> Window:
        """Orders are listed three minutes late."""
        until = datetime.now(UTC) - timedelta(seconds=behind)
        return Window(until - timedelta(minutes=minutes), until)

    async def cases(self) -> dict[str, RawRefund]:
        found: dict[str, RawRefund] = {}
        async for page in self.adapter.refunds(self.shop, self.window(behind=-1)):
            found |= {case.external_id: case for case in page}
        return found
