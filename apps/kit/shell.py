"""What stands around every page: head, header, question, and the place of the player."""

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from apps.kit import dressing
from apps.kit.gate import Scope, Send
from apps.kit.theme import css

TITLE = "Ascent"
MARK = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 2 15 14H1z"/></svg>'
_STYLES = {
    "page": ("pair", "panels", "places", "room"),
    "units": ("units",),
    "gallery": ("gallery",),
}
STATIC = Path(__file__).resolve().parents[1] / "static"
_IMPORT = re.compile(r'^(?:import|\} from)\b.*"\./(\w+)\.js";$', re.MULTILINE)
_FIELD = re.compile(r"\[([^\]]*)\]|\{(\w+)\}")
_FOREIGN = re.compile(r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*')


@dataclass(frozen=True)
class Link:
    """A place in the header."""

    address: str
    text: str


def head(title: str, config: Mapping[str, Any], *, script: str = "page") -> str:
    """Everything that a page loads; its script opens the socket before the rest is there.

    It is started here, with all that it is told; what it returns is the page's one name,
    `window.lab`, by which Gradio's handlers reach it.
    """
    own = [config["extension"]] if config.get("extension") else []
    ahead = "\n".join(
        f'<link rel="modulepreload" href="/static/{name}.js">' for name in imported(script, *own)
    )
    dressed = "\n".join(
        f'<link rel="stylesheet" href="/static/{name}.css">' for name in (*_STYLES[script], *own)
    )
    data = json.dumps(config).replace("<", "\\u003c")
    return f"""<title>{html.escape(title)}</title>
<meta name="description" content="Hold the network still, move the picture.">
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
<style>{css()}</style>
<link rel="stylesheet" href="/static/lab.css">
{dressed}
<link rel="stylesheet" href="/static/top.css">
<script src="/static/theme.js"></script>
{ahead}
<script type="application/json" id="lab-config">{data}</script>
<script type="module">
import {{ start }} from "/static/{script}.js";
window.lab = start(JSON.parse(document.getElementById("lab-config").textContent));
</script>
"""


@cache
def imported(*scripts: str) -> tuple[str, ...]:
    """Scripts, and all that they import: asked for at once, not one after the other."""
    found: dict[str, None] = {}
    waiting = list(scripts)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            waiting += _IMPORT.findall((STATIC / f"{name}.js").read_text())
    return tuple(found)


def document(head: str, body: str, *, kind: str) -> str:
    """A page that is written whole; kind: what its style sheet knows it by."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{head}
</head>
<body class="{kind}">
{body}
</body>
</html>
"""


def header(links: Iterable[Link], here: str, device: str) -> str:
    """The bar at the top."""
    found = "".join(
        f'<a href="{link.address}"{" aria-current=page" if link.address == here else ""}>'
        f"{html.escape(link.text)}</a>"
        for link in links
    )
    return (
        f'<header class="top"><a class="name" href="/">{MARK}{TITLE}</a>'
        f'<nav aria-label="Pages">{found}</nav>'
        f'<span id="pill">{html.escape(device)} · ready</span>'
        '<button id="follow" type="button" title="Let the room follow (Q)" hidden>Follow me</button>'
        '<button id="theme" type="button" title="Light or dark">Dark</button></header>'
    )


def sentence(text: str, choice: Callable[[str], str]) -> str:
    """The page's sentence, its {settings} as choices; see Page.sentence."""

    def put(match: re.Match[str]) -> str:
        part, name = match.groups()
        if name:
            return f'<span data-part="{name}">{choice(name)}</span>'
        first = re.search(r"\{(\w+)\}", part)
        inner = re.sub(r"\{(\w+)\}", lambda found: choice(found[1]), html.escape(part))
        return f'<span data-part="{first[1] if first else ""}">{inner}</span>'

    return _FIELD.sub(put, text)


def heading(question: str, said: str, *, broad: bool = False) -> str:
    """The question as the title, and the sentence under it; broad: of a page with more panels."""
    kind = "heading broad" if broad else "heading"
    return f'<div class="{kind}"><h1>{html.escape(question)}</h1><p>{said}</p></div>'


SHELL = '<div class="bench" id="shell"><div class="stand" id="player"></div><div></div></div>'


class Shelled:
    """Puts head and header into the HTML of Gradio's pages on its way out, by path."""

    def __init__(self, app: Any, shells: Mapping[str, tuple[str, str]]) -> None:
        self._app, self._shells = app, shells

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """One request."""
        shell = self._shells.get(scope["path"]) if scope["type"] == "http" else None
        if shell is None or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        dress = partial(dressed, first=shell[0], above=shell[1])
        await self._app(dressing.plain(scope), receive, dressing.dressing(scope, send, dress))


def dressed(page: str, first: str, above: str) -> str:
    """Gradio's page with our head, and what stands above its app."""
    page = _FOREIGN.sub("", page)
    page = re.sub(r"(<base [^>]*>)", lambda base: base[1] + first, page, count=1)
    return page.replace("<gradio-app", f"{above}<gradio-app", 1)
