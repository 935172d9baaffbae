"""Shopee's paths /api/v2/…: the checks of a call in their order, and the calls the hub uses.

The signature covers partner id, path, timestamp, token and shop; neither query nor body.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from typing import Any, Final

from server.sandbox import life
from server.sandbox.accounts import SHOPEE
from server.sandbox.http import Asked, Refused, Reply
from server.sandbox.model import Order, Sent
from server.sandbox.shopee import order as shopee_order
from server.sandbox.world import World

_FILTERS: Final = frozenset(
    ["UNPAID", "READY_TO_SHIP", "PROCESSED", "SHIPPED", "COMPLETED", "IN_CANCEL", "CANCELLED", "INVOICE_PENDING"]
)
_MODES: Final = ("pickup", "dropoff", "non_integrated")


def sign(key: str, partner_id: str, path: str, timestamp: str, token: str = "", owner_id: str = "") -> str:
    """HMAC-SHA256, lower-case hex. The key is used as text, though it looks like hex. owner_id: shop or merchant."""
    base = f"{partner_id}{path}{timestamp}{token}{owner_id}"
    return hmac.new(key.encode(), base.encode(), hashlib.sha256).hexdigest()


class Shopee:
    """One shop on Shopee."""

    name = "shopee"

    def __init__(self, world: World) -> None:
        self.world = world
        self._calls: dict[tuple[str, str], Callable[[dict[str, Any]], dict[str, Any] | None]] = {
            ("GET", "/api/v2/order/get_order_list"): self._list,
            ("GET", "/api/v2/order/get_order_detail"): self._detail,
            ("GET", "/api/v2/logistics/get_shipping_parameter"): self._parameter,
            ("POST", "/api/v2/logistics/ship_order"): self._ship,
            ("GET", "/api/v2/logistics/get_tracking_number"): self._tracking,
        }

    def method(self, asked: Asked) -> str:
        return asked.path

    def limited(self, asked: Asked) -> Reply:
        return self._refuse("error_rate_limit", "The API call limit is reached, please try later.").reply

    def busy(self, asked: Asked) -> Reply:
        return self._refuse("error_server", "Something wrong. Please try later.").reply

    def answer(self, asked: Asked) -> Reply:
        try:
            call = self._calls.get((asked.verb, asked.path))
            self._check(asked)
            if call is None:
                raise self._refuse("error_not_found", "Wrong parameters, detail: the api path is not found.")
            body = call(self._business(asked))
        except Refused as no:
            return no.reply
        answer: dict[str, Any] = {"request_id": self._request_id(), "error": "", "message": ""}
        return Reply(answer if body is None else answer | {"response": body})

    # -- checks

    def _check(self, asked: Asked) -> None:
        """Common parameters are in the query always, with POST too."""
        q, status = asked.query, self.world.knobs.shopee_error_status
        if not q.get("partner_id"):
            raise self._refuse("error_param", "There is no partner_id in query.", status)
        if q["partner_id"] != SHOPEE["app_key"]:
            raise self._refuse("invalid_partner_id", "Invalid partner_id.", status)
        if not q.get("timestamp"):
            raise self._refuse("error_param", "There is no timestamp in query.", status)
        if not re.fullmatch(r"[0-9]{1,12}", q["timestamp"]) or (
            abs(int(q["timestamp"]) - self.world.now()) > self.world.knobs.shopee_skew_s
        ):
            raise self._refuse("error_param", "Timestamp is expired.", status)
        if not q.get("sign"):
            raise self._refuse("error_param", "There is no sign in query.", status)
        token, shop = q.get("access_token", ""), q.get("shop_id", "")
        if not token:
            raise self._refuse("error_param", "There is no access_token in query.", status)
        if not shop:
            raise self._refuse("error_param", "There is no shop_id in query.", status)
        if not re.fullmatch(r"[0-9]{1,10}", shop) or int(shop) > 4_294_967_295:
            text = "shop_id is invalid, should be an integer between 0 and 4294967295."
            raise self._refuse("error_param", text, status)
        ours = sign(SHOPEE["app_secret"], q["partner_id"], asked.path, q["timestamp"], token, shop)
        if not hmac.compare_digest(ours.encode(), q["sign"].encode()):
            raise self._refuse("error_sign", "Wrong sign.", status)
        if asked.token_dead or token != SHOPEE["access_token"]:
            raise self._refuse("invalid_acceess_token", "Invalid access_token.", status)
        if shop != SHOPEE["external_id"]:
            raise self._refuse("shop_no_linked", "This partner does not link the shop.", status)

    def _business(self, asked: Asked) -> dict[str, Any]:
        if asked.verb == "GET":
            return dict(asked.query)
        try:
            body = json.loads(asked.body)
        except ValueError:
            raise self._refuse("error_param", "The request body is not valid JSON.") from None
        if not isinstance(body, dict):
            raise self._refuse("error_param", "The request body is not a JSON object.")
        return body

    def _request_id(self) -> str:
        return hashlib.sha256(f"request{self.world.request_no()}".encode()).hexdigest()[:32]

    def _refuse(self, error: str, message: str, status: int = 200) -> Refused:
        body = {"request_id": self._request_id(), "error": error, "message": message}
        return Refused(Reply(body, status=status, refusal=error.strip()))

    def _number(self, p: dict[str, Any], name: str, low: int, high: int) -> int:
        text = str(p.get(name, ""))
        if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise self._refuse("error_param", f"Wrong parameters, detail: the {name} is invalid.")
        return int(text)

    def _find(self, p: dict[str, Any]) -> Order:
        order = self.world.find("shopee", str(p.get("order_sn", "")))
        if order is None:
            raise self._refuse("error_not_found", "Wrong parameters, detail: the order is not found.")
        return order

    # -- reading

    def _list(self, p: dict[str, Any]) -> dict[str, Any]:
        """Oldest first by the chosen time; the cursor names the last row given, so that nothing shifts."""
        by = {"create_time": "created", "update_time": "modified"}.get(p.get("time_range_field", ""))
        if by is None:
            raise self._refuse("error_param", "Wrong parameters, detail: the time_range_field is invalid.")
        since, until = self._number(p, "time_from", 0, 10**11), self._number(p, "time_to", 0, 10**11)
        if until <= since or until - since > self.world.knobs.shopee_window_s:
            text = "Start time must be earlier than end time and diff in 15days."
            raise self._refuse("order.order_list_invalid_time", text)
        size = self._number(p, "page_size", 1, 100)
        wanted = p.get("order_status", "")
        if wanted and wanted not in _FILTERS:
            raise self._refuse("error_param", "Wrong parameters, detail: the order_status is invalid.")
        pending = p.get("request_order_status_pending", "false").lower() == "true"
        after = self._cursor(p.get("cursor", ""))
        rows = [
            (at, o.external_id, o)
            for o in self.world.all("shopee")
            if since <= (at := int(getattr(o, by))) <= until
            and (at, o.external_id) > after
            and wanted in ("", shopee_order.status(o))
            and (pending or shopee_order.status(o) != "PENDING")
        ]
        rows.sort(key=lambda row: row[:2])
        more, rows = len(rows) > size, rows[:size]
        named = "order_status" in p.get("response_optional_fields", "").split(",")
        return {
            "more": more,
            "next_cursor": base64.urlsafe_b64encode(f"{rows[-1][0]}|{rows[-1][1]}".encode()).decode() if more else "",
            "order_list": [
                {"order_sn": sn, **({"order_status": shopee_order.status(o)} if named else {}), "booking_sn": ""}
                for _, sn, o in rows
            ],
        }

    def _cursor(self, text: str) -> tuple[int, str]:
        if not text:
            return (0, "")
        try:
            at, sn = base64.urlsafe_b64decode(text.encode()).decode().split("|")
            return (int(at), sn)
        except ValueError:
            raise self._refuse("error_param", "Wrong parameters, detail: the cursor is invalid.") from None

    def _detail(self, p: dict[str, Any]) -> dict[str, Any]:
        asked = [sn for sn in p.get("order_sn_list", "").split(",") if sn]
        if not 1 <= len(asked) <= 50:
            raise self._refuse("error_param", "Wrong parameters, detail: the order_sn_list is invalid.")
        pending = p.get("request_order_status_pending", "false").lower() == "true"
        found = [o for sn in asked if (o := self.world.find("shopee", sn))]
        found = [o for o in found if pending or shopee_order.status(o) != "PENDING"]
        fail = self.world.knobs.shopee_unknown_order == "fail" and len(found) < len(asked)
        if not found or fail:
            raise self._refuse("error_not_found", "Wrong parameters, detail: the order is not found.")
        names = shopee_order.ALWAYS | set(p.get("response_optional_fields", "").split(","))
        wired = [shopee_order.wire(o) for o in found]
        return {"order_list": [{name: value for name, value in row.items() if name in names} for row in wired]}

    def _parameter(self, p: dict[str, Any]) -> dict[str, Any]:
        order, mode, now = self._find(p), self.world.knobs.shopee_ship_mode, self.world.now()
        self._package(order, p)
        if shopee_order.status(order) != "READY_TO_SHIP":
            raise self._refuse("logistics.ship_order_not_ready_to_ship", "The order is not ready to ship.")
        if mode == "non_integrated":
            return {"info_needed": {"non_integrated": ["tracking_number"]}, "dropoff": None, "pickup": None}
        if mode == "dropoff":  # an empty list: this way, and no field is needed
            return {"info_needed": {"dropoff": []}, "dropoff": None, "pickup": None}
        day = (now // 86_400 + 1) * 86_400
        slot = {"date": day, "time_text": "09:00-18:00", "pickup_time_id": f"{day}_demo"}
        address: dict[str, Any] = {
            "address_id": 234,
            "region": "SG",
            "state": "",
            "city": "",
            "district": "",
            "town": "",
            "address": "1 Example Warehouse",
            "zipcode": "000000",
            "address_flag": ["default_address", "pickup_address", "return_address"],
            "time_slot_list": [slot],
        }
        needed = {"pickup": ["address_id", "pickup_time_id"]}
        return {"info_needed": needed, "dropoff": None, "pickup": {"address_list": [address]}}

    def _tracking(self, p: dict[str, Any]) -> dict[str, Any]:
        order = self._find(p)
        self._package(order, p, known=True)
        if order.sent is None:
            return {"tracking_number": "", "hint": "The tracking number is not ready yet, please try later."}
        return {
            "tracking_number": order.sent.waybill_no,
            "plp_number": "",
            "first_mile_tracking_number": "",
            "last_mile_tracking_number": "",
            "hint": "",
        }

    # -- writing

    def _package(self, order: Order, p: dict[str, Any], known: bool = False) -> None:
        """No order here is split, and an unsplit order is shipped without a package number."""
        given = p.get("package_number")
        if given is not None and not (known and given in ("", shopee_order.package_number(order))):
            text = "You don't need to fill in package_number, this order is not split."
            raise self._refuse("logistics.ship_order_not_need_pacakge_number", text)

    def _ship(self, p: dict[str, Any]) -> None:
        order = self._find(p)
        self._package(order, p)
        modes = [mode for mode in _MODES if mode in p]
        mode = self.world.knobs.shopee_ship_mode
        if len(modes) != 1 or not isinstance(p[modes[0]], dict):
            text = "Wrong parameters, detail: exactly one of pickup, dropoff and non_integrated is needed."
            raise self._refuse("error_param", text)
        if order.state in ("shipped", "completed"):
            text = "This package has already been arranged shipment and you can't call this API again."
            raise self._refuse(" logistics.package_already_shipped", text)  # the leading blank is theirs
        if shopee_order.status(order) != "READY_TO_SHIP":
            raise self._refuse("logistics.ship_order_not_ready_to_ship", "The order is not ready to ship.")
        fields: dict[str, Any] = p[modes[0]]
        needed = {"pickup": ("address_id", "pickup_time_id"), "non_integrated": ("tracking_number",)}.get(mode, ())
        if modes[0] != mode or any(not fields.get(name) for name in needed):
            raise self._refuse("error_param", f"Wrong parameters, detail: the order is shipped by {mode}.")
        number = str(fields["tracking_number"]) if mode == "non_integrated" else f"SPXSG{order.serial:011d}"
        life.ship(self.world, order, Sent(waybill_no=number, carrier="", at=self.world.now()))
