"""The JD adapters against the sandbox."""

from tests.contract.adapters.sandboxed import BASE, Sandboxed
from tests.contract.adapters.sandboxed import OURS as OURS


class House(Sandboxed):
    platform = "jd"

    def __init__(self, code: str = "jd") -> None:
        super().__init__(code=code)
        self.own(oauth_url=f"{BASE}/jd")  # both APIs have the same pages
