"""The rules of Open API v2 that a caller can break, by name, with the answer that each gives. Counted by name."""

import hashlib
import re
from typing import Any, Final

from msgspec import Struct

from server.sandbox.http import Refused, Reply
from server.sandbox.world import World

Params = dict[str, Any]

WINDOW_S: Final = 15 * 86_400


class Rule(Struct, frozen=True):
    """`error` is Shopee's own; so is `text` where it is published."""

    error: str
    text: str
    gateway: bool = False
    """Refused before the call began: with the gateway's own HTTP status."""


def _gate(error: str, text: str) -> Rule:
    return Rule(error, text, gateway=True)


def _wrong(what: str) -> Rule:
    return Rule("error_param", f"Wrong parameters, detail: {what}.")


_DEAD: Final = _gate("invalid_acceess_token", "Invalid access_token.")

RULES: Final[dict[str, Rule]] = {
    # the gateway
    "quota": Rule("error_rate_limit", "Too many requests. You have reached the rate limit. Please try again later."),
    "backend_busy": Rule("error_server", "Something wrong. Please try later."),
    "path_unknown": _gate(
        "error_param", "Permission denied. This API is currently offline or the request path is incorrect."
    ),
    "partner_missing": _gate("error_param", "There is no partner_id in query."),
    "partner_unknown": _gate("invalid_partner_id", "Invalid partner_id, please have a check."),
    "timestamp_missing": _gate("error_param", "no timestamp"),
    "timestamp_wrong": _gate("error_param", "Timestamp is invalid, should be an integer between 0 and 4294967295."),
    "timestamp_old": _gate("error_param", "Timestamp is expired."),
    "sign_missing": _gate("error_param", "There is no sign in query."),
    "sign_wrong": _gate("error_sign", "Wrong sign."),
    "token_missing": _gate("error_param", "There is no access_token in query."),
    "token_unknown": _DEAD,
    "token_expired": _DEAD,
    "shop_missing": _gate("error_param", "There is no shop_id in query."),
    "shop_wrong": _gate("error_param", "shop_id is invalid, should be an integer between 0 and 4294967295."),
    "shop_stranger": _gate("shop_no_linked", "Partner and shop has no linked."),
    "authorisation_over": _gate("shop_no_linked", "Partner and shop has no linked."),
    "json_wrong": _wrong("the request body is not a JSON object"),
    # authorisation
    "page_partner_unknown": Rule("invalid_partner_id", "Invalid partner_id, please have a check."),
    "page_type_unknown": _wrong("auth_type or response_type"),
    "page_no_redirect": _wrong("redirect"),
    "page_timestamp_old": Rule("error_param", "Timestamp is expired."),
    "page_sign_wrong": Rule("error_sign", "Wrong sign."),
    "partner_differs": _wrong("partner_id"),
    "owner_missing": _wrong("shop_id or main_account_id"),
    "code_unknown": Rule("error_auth", "Invalid code"),
    "code_spent": Rule("invalid_code", "The code is expired or used or invalid, please check the code."),
    "code_other_shop": Rule("invalid_shop_id", "The code or shop_id is wrong, please check the code or the shop_id."),
    "code_other_account": Rule(
        "invalid_main_acount_id",
        "The code or main_accoount_id is wrong, please check the code or the main_account_id.",
    ),
    "refresh_unknown": Rule("error_auth", "Invalid refresh_token."),
    "refresh_spent": Rule(
        "error_shop_refresh_token", "Your refresh token is error ,please check refresh token or shopid."
    ),
    "refresh_other_shop": Rule(
        "error_shop_refresh_token", "Your refresh token is error ,please check refresh token or shopid."
    ),
    "refresh_expired": Rule("refresh_token_expired", "Your refresh_token expired."),
    "refresh_over": Rule("shop_access_expired", "Your access to shop has expired."),
    # orders
    "time_field_unknown": _wrong("time_range_field"),
    "time_wrong": _wrong("time_from or time_to"),
    "window_wrong": Rule(
        "order.order_list_invalid_time", "Start time must be earlier than end time and diff in 15days."
    ),
    "page_size_wrong": _wrong("page_size"),
    "page_no_wrong": _wrong("page_no"),
    "status_unknown": _wrong("order_status"),
    "cursor_wrong": _wrong("cursor"),
    "orders_wrong": _wrong("order_sn_list"),
    "order_unknown": Rule("error_not_found", "Wrong parameters, detail: the order is not found."),
    "note_missing": _wrong("note"),
    "note_archived": Rule("error_archived_order_update", "Cannot update old order"),
    # shipping
    "not_ready": Rule("logistics.ship_order_not_ready_to_ship", "The order is not ready to ship."),
    "shipped_before": Rule(
        " logistics.package_already_shipped",  # the leading blank is theirs
        "This package has already been arranged shipment and you can't call this API again.",
    ),
    "ways_not_one": Rule(
        "logistics.ship_order_only_support_one_type",
        "Please select just one way to ship order: pickup or dropoff or non_integrated.",
    ),
    "way_not_pickup": Rule("logistics.ship_order_unsupport_pickup", "This order does not support ship with pickup."),
    "way_not_dropoff": Rule("logistics.ship_order_unsupport_dropoff", "This order does not support ship with dropoff."),
    "way_not_non_integrated": Rule(
        "logistics.ship_order_unsupport_non_integrated", "This order does not support ship with non_integrated."
    ),
    "pickup_wrong": Rule("logistics.error_param", "Wrong parameters, detail: address_id or pickup_time_id."),
    "waybill_missing": Rule("logistics.ship_order_need_tracking_number", "Parameter tracking_number can not be null."),
    "waybill_long": Rule(
        "logistics.ship_order_long_tracking_number", "Parameter tracking_number can not be longer than 64."
    ),
    "waybill_used": Rule(
        "logistics.error_param", "The tracking number has been used by other orders, please fill in a valid one."
    ),
    "package_missing": Rule(
        "logistics.ship_order_need_pacakge_number", "Please request with package_number for this split order."
    ),
    "package_unnamed": Rule(
        "logistics.package_number_not_exist", "Please request with package_number for this split order."
    ),
    "package_not_needed": Rule(
        "logistics.ship_order_not_need_pacakge_number",
        "Please don\u2019t request with package_number for this unsplit order.",
    ),
    "package_unknown": Rule("logistics.package_not_exist", "The package is not exist."),
    "split_state": Rule("order.order_cannot_split", "You don\u2019t have the permission to split order."),
    "split_again": Rule("order.order_has_been_split", "This order has already been split."),
    "split_size": Rule("error_param", "The size of package list is over limit."),
    "split_empty": _wrong("package_list"),
    "split_stranger": Rule("order.order_split_item_not_exist", "Cannot split order with invalid items."),
    "split_twice": Rule("order.order_split_duplicate_item", "Cannot split order with duplicate items."),
    "split_rest": Rule("order.order_split_package_missing_item", "Cannot split order with missing items."),
    "split_quantity": Rule("order.order_split_wrong_item_quantity", "Cannot split order with wrong model quantity"),
    "unsplit_state": Rule("order.order_cannot_undo_split", "Cannot undo split this order."),
    # returns
    "return_status_unknown": _wrong("status"),
    "returns_backwards": Rule("error_param", "The update_time_to should be later than update_time_from."),
    "returns_too_long": Rule(
        "error_param", "The period between update_time_from and update_time_to must not more than 15 days."
    ),
    "returns_before_created": Rule("error_param", "The update_time_from must be after create_time_from."),
    # goods
    "offset_wrong": _wrong("offset"),
    "item_status_wrong": Rule("error_param_item_status", "Item status error."),
    "items_wrong": _wrong("item_id_list"),
    "item_unknown": Rule("error_item_not_found", "Item_id is not found."),
    "stock_list_wrong": _wrong("stock_list"),
    "stock_number_wrong": _wrong("stock"),
    "model_twice": Rule("error_param", "Repeat model_id."),
    "model_unknown": Rule("error_param", "Wrong model_id."),
    "model_missing": Rule(
        "error_edit_item_stock_for_item_has_model", "Can't to edit item stock directly while item has models."
    ),
    "location_missing": Rule("error_auth", "Lack of location_id, please double check."),
    "location_wrong": Rule(
        "error_auth", "The location_id input is not matched the shop's location_id(more/wrong). Please double check."
    ),
    "location_not_needed": Rule(
        "error_auth", "You do not have right to use seller location_id, please only fill seller_stock filed."
    ),
    "stock_below_reserved": Rule(
        "error_busi_update_stock_failed", "Update stock failed, please check failure_list for detailed reason"
    ),
}


def refuse(world: World, rule: str, **more: Any) -> Refused:
    """The answer to a broken rule. more: fields beside the error."""
    found = RULES[rule]
    body = {"request_id": request_id(world), "error": found.error, "message": found.text, **more}
    status = world.knobs.shopee_error_status if found.gateway else 200
    return Refused(Reply(body, status=status, refusal=rule))


def request_id(world: World) -> str:
    return hashlib.sha256(f"request{world.request_no()}".encode()).hexdigest()[:32]


def number(world: World, p: Params, name: str, low: int, high: int, rule: str, default: int | None = None) -> int:
    """Text in a query, a number in a body."""
    value = p.get(name, "" if default is None else default)
    text = "" if isinstance(value, bool) else str(value)
    if not re.fullmatch(r"[0-9]{1,19}", text) or not low <= int(text) <= high:
        raise refuse(world, rule)
    return int(text)


def objects(world: World, value: Any, rule: str) -> list[dict[str, Any]]:
    """A list of objects with something in it."""
    if not isinstance(value, list) or not value or not all(isinstance(row, dict) for row in value):
        raise refuse(world, rule)
    return value
