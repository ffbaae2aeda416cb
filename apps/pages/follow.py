"""The page of a phone that follows a lecturer's run: one socket, and the picture first."""

import json
from functools import cache
from html import escape
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, Response

from apps import pages
from apps.kit import page as kit
from apps.kit import shell
from apps.kit.theme import css
from apps.stage import Stage
from apps.stage.room import codes
from core import probes

NO_CODE = (
    f"The code of a room has {codes.LENGTH} letters or figures: type the address as it stands on "
    "the lecturer's screen."
)
NO_PROBE = "There is no page of this name: open the lab's first page and choose one there."
BODY = f"""<main id="follower" data-state="joining">
<header><a class="name" href="/">{shell.MARK}{shell.TITLE}</a><span class="people"></span></header>
<h1 class="question">Follow the lecturer</h1>
<p class="gone" role="status" hidden>The lecturer is away; what runs can be followed until they are back.</p>
<section class="stand">
<canvas class="picture" width="1" height="1" role="img" aria-label="The moving picture"></canvas>
<figure class="inset" hidden><canvas class="control" width="1" height="1" role="img"
 aria-label="The control"></canvas><figcaption>control</figcaption></figure>
<figure class="twin" hidden><canvas class="twin-picture" width="1" height="1" role="img"
 aria-label="The twin"></canvas><figcaption></figcaption></figure>
<div class="guess-cover" role="group" aria-label="A guess" hidden></div>
<p class="words" role="status">Joining the room.</p>
</section>
<p class="step"></p>
<p class="seen"></p>
<div class="guess-said" role="status" hidden></div>
<p class="changed"></p>
<section class="wheel" aria-label="The wheel" hidden><h2>You have the wheel</h2>
<p class="hint">What you move here, everybody sees. The lecturer can take it back.</p>
<div class="controls"></div></section>
<p class="doors"><button type="button" class="break" disabled>Break away</button>
<span class="hint">Take this run along and steer it yourself; you can come back.</span></p>
<p class="limits"></p>
</main>"""


def html(code: str) -> str:
    """The page that follows the room of this code."""
    ahead = "\n".join(
        f'<link rel="modulepreload" href="/static/{name}.js">'
        for name in shell.imported("follower")
    )
    title = f"Follow {escape(code)} · {shell.TITLE}"
    head = f"""<title>{title}</title>
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
<style>{css()}</style>
<link rel="stylesheet" href="/static/room.css">
<script src="/static/theme.js"></script>
{ahead}
<script type="module">
import {{ start }} from "/static/follower.js";
window.lab = start({json.dumps({"code": code})});
</script>"""
    return shell.document(head, BODY, kind="follower")


@cache
def about(name: str) -> dict[str, Any]:
    """What a phone shows of a probe beside its pictures."""
    probe, page = probes.load(name), pages.load(name)
    return {
        "when": page.conditions(),
        "title": probe.title,
        "question": probe.question,
        "limits": probe.limits,
        "fields": kit.fields(probe),
    }


def router(_: Stage) -> APIRouter:
    """The routes /f/CODE and /f/about/PROBE.json."""
    found = APIRouter()

    @found.get("/f/about/{name}.json")
    async def told_of(name: str) -> Response:
        if name not in pages.NAMES:
            return JSONResponse({"sentence": NO_PROBE}, 404)
        return JSONResponse(about(name))

    @found.get("/f/{code}")
    async def follow(code: str) -> Response:
        read = codes.read(code)
        if not read:
            return JSONResponse({"sentence": NO_CODE}, 404)
        return HTMLResponse(html(read), headers={"Cache-Control": "no-store"})

    return found
