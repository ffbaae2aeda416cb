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
    "page": ("player", "page", "pair", "panels", "places", "outage", "room", "lecture"),
    "units": ("units", "lecture"),
    "gallery": ("gallery", "lecture"),
    "lessons": ("lessons",),
}
STATIC = Path(__file__).resolve().parents[1] / "static"
_IMPORT = re.compile(r'^(?:import|\} from)\b.*"\./(\w+)\.js";$', re.MULTILINE)
_FIELD = re.compile(r"\[([^\]]*)\]|\{(\w+)\}")
_FOREIGN = re.compile(r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*')


GROUPS = ("Look in", "Fool", "Paint", "Imagine", "Where", "Course")


@dataclass(frozen=True)
class Link:
    """A place in the header, in one of the GROUPS."""

    address: str
    text: str
    group: str


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


def header(links: Iterable[Link], here: str, device: str, *, shows: bool = False) -> str:
    """The bar at the top: the groups, and in a second line the pages of the one that is open.

    shows: the page can be shown to a class, so that Lecture and Follow me stand there too.
    """
    every = list(links)
    opened = next((link.group for link in every if link.address == here), "")
    groups = "".join(_group(group, every, opened) for group in GROUPS)
    pages = [link for link in every if link.group == opened]
    second = "".join(_a(link.address, link.text, now=link.address == here) for link in pages)
    tools = _TOOLS if shows else ""
    return (
        f'<header class="top"><div class="first-line"><a class="name" href="/">{MARK}{TITLE}</a>'
        f'<nav class="groups" aria-label="Groups">{groups}</nav>'
        f'<span id="pill">{html.escape(device)} · ready</span>{tools}'
        '<button id="theme" type="button" title="Light or dark">Dark</button></div>'
        f'<nav class="pages" aria-label="Pages">{second}</nav></header>'
    )


_TOOLS = (
    '<button id="lecture" type="button" title="Large, for a class: Escape leaves">Lecture</button>'
    '<button id="follow" type="button" title="Let the room follow (Q)" hidden>Follow me</button>'
)


def _group(group: str, links: Iterable[Link], opened: str) -> str:
    """A group as a link to its first page; nothing if it has none."""
    first = next((link for link in links if link.group == group), None)
    return _a(first.address, group, now=group == opened) if first else ""


def _a(address: str, text: str, *, now: bool) -> str:
    return f'<a href="{address}"{" aria-current=page" if now else ""}>{html.escape(text)}</a>'


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


def heading(question: str, said: str) -> str:
    """The question as the title, and the sentence under it."""
    return f'<div class="heading"><h1>{html.escape(question)}</h1><p>{said}</p></div>'


def stage(heading: str) -> str:
    """Where the player stands, below its question; the place is there before the script is."""
    return f'<main class="stage" id="player"><div class="player"><div class="fold">{heading}</div></div></main>'


class Shelled:
    """Puts head and header into the HTML of Gradio's pages on its way out, by path."""

    def __init__(self, app: Any, shells: Mapping[str, tuple[str, str, str]]) -> None:
        self._app, self._shells = app, shells

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """One request."""
        shell = self._shells.get(scope["path"]) if scope["type"] == "http" else None
        if shell is None or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        dress = partial(dressed, first=shell[0], above=shell[1], below=shell[2])
        await self._app(dressing.plain(scope), receive, dressing.dressing(scope, send, dress))


def dressed(page: str, first: str, above: str, below: str) -> str:
    """Gradio's page with our head, and what stands above and below its app."""
    page = _FOREIGN.sub("", page)
    page = re.sub(r"(<base [^>]*>)", lambda base: base[1] + first, page, count=1)
    return re.sub(
        r"<gradio-app.*?</gradio-app>",
        lambda app: above + app[0] + below,
        page,
        count=1,
        flags=re.DOTALL,
    )
