"""Shopee's adapter against the sandbox."""

from server.platforms.port import Grant, Shop
from tests.contract.adapters.sandboxed import OURS as OURS
from tests.contract.adapters.sandboxed import Sandboxed

OTHER = "SLX000010000002"


class House(Sandboxed):
    platform = "shopee"

    def take(self, grant: Grant) -> Shop:
        return self.with_(
            external_id=grant.external_id, access_token=grant.access_token, refresh_token=grant.refresh_token
        )

    def grow_old(self, seconds: float) -> None:
        """All that was granted, codes too, grows so much older."""
        book = self.world.grants("shopee").book
        book.granted -= int(seconds)
        book.codes = {code: until - int(seconds) for code, until in book.codes.items()}
        self.age(seconds / 86_400)

    def calls(self, method: str) -> int:
        return super().calls(f"/api/v2/{method}")
