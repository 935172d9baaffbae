"""Every rule of the sandbox that a source leaves open, and every delay: constructor settings with their defaults."""

from typing import Literal

from msgspec import Struct, field


class Knobs(Struct, frozen=True, kw_only=True):
    """Where a fact sheet says "unknown", the default is the stricter or the better-attested reading."""

    body_limit: int = 10 * 1024 * 1024
    """Bytes of one request; more is answered 413."""

    skew_s: int = 600
    """Taobao, JD, PDD: tolerated difference of the request's timestamp (TOP: 10 min; JD newer documents; PDD)."""
    shopee_skew_s: int = 300
    """Shopee: a timestamp is valid for 5 minutes."""

    waybill_rules: Literal["warn", "refuse"] = "warn"
    """A number that does not fit the carrier's rule, or was used before: noted in /control/stats, or B60 (Taobao)."""

    taobao_window_s: int = 86_400
    """trades.sold.increment.get: end - start at most one day."""
    taobao_quota_day: int = 0
    """Calls a day (Beijing) that an app may make; 0 = as many as it likes. No number is published."""
    taobao_level_s: int = 0
    """Seconds for which a token's levels r2 and w2 (whole orders, shipping) hold, where that is shorter than the token
    itself; 0 = as long as it. After that: 53."""
    taobao_oaid_strict: bool = True
    """oaid only when `fields` holds what it is made of, and fullinfo's include_oaid is sent."""

    jd_source_id_required: bool = False
    """One source says source_id=JOS is required since 2026; three others do not know it."""
    jd_max_pages: int = 100
    """Deeper pages are said to come back empty."""
    jd_quota_day: int = 0
    """Calls a day (Beijing) that an app may make; 0 = as many as it likes. A test application: 500 (one source)."""
    jd_refresh_last_s: int = 86_400
    """A token is renewed only in its last 24 hours (one source)."""
    jdsp_yunding_only: bool = False
    """SP-API: order calls from outside JD's cloud are refused (seen; for which apps is not published)."""

    pdd_lag_s: int = 180
    """end_updated_at must be at least this far behind server time: what changes now is listed this much later."""
    pdd_window_s: int = 1800
    """order.number.list.increment.get: at most 30 minutes."""
    pdd_send_in_refund: bool = False
    """Whether online.send accepts an order whose refund is being handled (unknown)."""
    pdd_limits: bool = True
    """Calls of one shop are counted against the published limits."""
    pdd_no_right: frozenset[str] = frozenset()
    """Methods that the app may not call."""
    pdd_refund_all: bool = False
    """refund.list.increment.get: whether after_sales_status=1 gives all (unknown)."""
    pdd_case_type: Literal["request", "detail"] = "request"
    """In which of its two ways that list numbers after_sales_type (unknown)."""
    pdd_on_slot: frozenset[str] = frozenset()
    """Products (TEE, CAP, …) on a resource slot: their stock cannot be lowered."""
    pdd_report_first: bool = True
    """open.decrypt.batch only after open.waybill.type.report."""
    pdd_decrypts_day: int = 0
    """Fields that may be opened on a day; 0 = as many as it likes."""

    shopee_window_s: int = 15 * 86_400
    shopee_error_status: int = 403
    """HTTP status of signature and token errors. Seen: 200 and 403; only the body counts."""
    shopee_unknown_order: Literal["drop", "fail"] = "drop"
    """get_order_detail: an unknown order_sn is left out, or fails the call. None known: error_not_found anyway."""
    shopee_ship_mode: Literal["non_integrated", "pickup", "dropoff"] = "non_integrated"
    """non_integrated: the seller's own waybill number is accepted. Else the platform makes one."""
    shopee_old_token_s: int = 300
    """How long an access token lives on after a refresh."""
    shopee_authorised_s: int = 365 * 86_400
    """For how long the seller says yes: 7 to 365 days. After it no token helps."""
    shopee_locations: tuple[str, ...] = ()
    """Warehouses of the shop; with several, stock is written to a named one. None: none may be named."""
    shopee_most_parcels: int = 5
    """split_order: Taiwan 30, elsewhere 5."""
    shopee_max_age_s: int = 90 * 86_400
    """set_note: older orders are archived (after how long is not published)."""

    token_life: dict[str, tuple[int, int]] = field(
        default_factory=lambda: {
            "taobao": (86_400, 86_400 * 30),
            "jd": (86_400 * 30, 86_400 * 30),
            "pinduoduo": (86_400, 86_400 * 30),
            "shopee": (14_400, 86_400 * 30),
        }
    )
    """Seconds that an access token and a refresh token live. Only Shopee's 4 h and 30 days are published; the others
    depend on the app."""
    old_token_s: int = 0
    """How long an access token lives on after a refresh (unknown; 0 is the strictest)."""
    message_again_s: float = 10.0
    """Taobao: unconfirmed messages come again (the real ones after about ten minutes)."""

    collect_after_s: float = 5.0
    """Carrier: from hand-over to collected."""
    deliver_after_s: float = 30.0
    """Carrier: from collected to delivered; the shops then complete the order."""
