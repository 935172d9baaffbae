"""Pinduoduo's error bodies, read."""

from typing import Final

from server.platforms import raw
from server.platforms.body import part, text, text_id
from server.platforms.port import Trouble

_LATER: Final = {
    "50000": "拼多多系统内部错误，稍后再试",
    "50002": "拼多多系统内部错误，稍后再试",
    "52001": "拼多多网关错误，稍后再试",
    "52002": "拼多多网关错误，稍后再试",
    "52101": "拼多多限流，稍后再试",
    "52102": "拼多多接口暂时不可用，稍后再试",
    "52103": "拼多多服务暂时不可用，稍后再试",
    "70031": "拼多多限流，稍后再试",
    "70033": "拼多多接口维护中，稍后再试",
}
_DEAD: Final = {
    "10014": "店铺授权已被取消，请重新授权",
    "10019": "店铺授权已过期，请重新授权",
    "10035": "店铺授权已过期，请重新授权",
    "20032": "店铺授权无效，请重新授权",
}
_NO: Final = {
    "10000": "参数错误",
    "10001": "公共参数错误",
    "10002": "请求方式错误",
    "10010": "应用不存在",
    "10011": "应用已被驳回",
    "10016": "应用已下线，或应用标识错误",
    "10017": "接口名无效",
    "10018": "目标应用已下线，或标识错误",
    "20004": "签名错误，请检查应用密钥",
    "20005": "服务器地址不在白名单内，请在拼多多后台添加",
    "20007": "缺少必填参数",
    "20031": "没有权限调用此接口：请在拼多多开放平台为应用开通，然后由店主重新授权",
    "20034": "接口已下线",
    "20035": "接口不属于当前网关",
    "21001": "参数错误",
    "21002": "参数不能为空",
    "30000": "应用没有此接口的权限",
    "30001": "应用与合作方不匹配",
    "50001": "拼多多拒绝了这次请求",
    "50012": "接口已下线",
    "52004": "请求内容太大",
    "70032": "拼多多禁止了这次调用",
    "70034": "拼多多判定用户有风险，禁止调用",
    "70035": "拼多多判定应用有风险，禁止调用",
    "70036": "应用处于测试状态，调用次数已用完",
}
_WAIT: Final = {"52101": 10.0, "70031": 30.0, "70033": 300.0}


def trouble(data: bytes) -> Trouble | None:
    """What an error body says; None: the body is none. Raises Unreadable."""
    body = raw.load_object(data)
    if "error_response" in body:
        body = part(body, "error_response")
    elif not (text_id(body.get("error_code")) and "error_msg" in body):
        return None
    code = text_id(body.get("error_code"))
    sub = text_id(body.get("sub_code"))
    general = text(body.get("error_msg"))
    words = (text(body.get("sub_msg")) or general)[:200]
    if code in _DEAD:
        return Trouble("unauthenticated", code, _DEAD[code], sub, words)
    if code in _LATER:
        return Trouble("unavailable", code, _LATER[code], sub, words, retry_after=_WAIT.get(code))
    if code == "50001" and "-service-error" in sub:  # isv.***-service-error:### passes by itself
        return Trouble("unavailable", code, "拼多多业务服务错误，稍后再试", sub, words)
    # No code for a stale timestamp is known: it is told from the words.
    clock = code == "10001" and ("timestamp" in f"{general} {words}" or "时间" in f"{general} {words}")
    message = "时间戳无效，请检查服务器时间" if clock else _NO.get(code, "拼多多拒绝了这次请求")
    return Trouble("rejected", code, message, sub, words, clock=clock)
