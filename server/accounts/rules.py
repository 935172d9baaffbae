"""Roles and what they may reach. Pure."""

from typing import Final

ROLES: Final = {
    "service": "客服",
    "warehouse": "仓储",
    "stock": "库管/采购",
    "finance": "财务",
    "manager": "管理",
}
FLOOR: Final = ("warehouse", "stock", "manager")
"""Who may scan: 仓储, and those who stand in for it."""
DESK: Final = ("service", "stock", "finance", "manager")
"""Who may see orders. 仓储 reaches its three actions and their tasks, nothing else."""

MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 200


def password_flaw(password: str, login: str) -> str:
    """Why a new password will not do, in words for a person; "" when it will."""
    if len(password) < MIN_PASSWORD:
        return f"密码至少 {MIN_PASSWORD} 个字符"
    if len(password) > MAX_PASSWORD:
        return f"密码最多 {MAX_PASSWORD} 个字符"
    if password.lower() == login.lower() or len(set(password)) < 4:
        return "密码太容易猜到，请换一个"
    return ""
