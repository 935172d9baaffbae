"""Taobao's adapter against the sandbox."""

from tests.contract.adapters.sandboxed import OURS as OURS
from tests.contract.adapters.sandboxed import Sandboxed


class House(Sandboxed):
    platform = "taobao"
