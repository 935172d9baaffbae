"""Links in the inbox lead to screens that there are."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def links() -> set[str]:
    """The last argument of every notify(), as far as it is written there."""
    found = set()
    for folder in ("server", "workers"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "notify" and len(node.args) == 6:
                    link = node.args[5]
                    head = link.values[0] if isinstance(link, ast.JoinedStr) else link
                    assert isinstance(head, ast.Constant), ast.dump(link)
                    found.add(str(head.value))
    return found


def test_every_link_of_a_notice_is_a_screen() -> None:
    desk = (ROOT / "pwa" / "src" / "desk" / "index.tsx").read_text(encoding="utf-8")
    screens = set(re.findall(r"case '(\w+)'", desk))
    assert len(screens) > 5 and len(links()) > 2
    assert {link for link in links() if re.split(r"[/?]", link)[1] not in screens} == set()


def test_the_inbox_opens_them_inside_the_page() -> None:
    """A path of the server's is 404, or the page without its place."""
    inbox = (ROOT / "pwa" / "src" / "desk" / "inbox.tsx").read_text(encoding="utf-8")
    assert "href={r.link}" not in inbox and "href={inside(r.link)}" in inbox
