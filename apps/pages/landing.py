"""The front page: a picture that is already dreaming, and a contact sheet of questions."""

from collections.abc import Sequence
from html import escape

from apps import course, pages
from apps.kit import page as kit
from apps.kit import served, shell
from apps.pages import gallery, lessons, units
from core import probes
from core.figures import cells
from core.lessons import convolution

SHOWN = "dream"  # the probe that runs here


def html(names: Sequence[str], links: Sequence[shell.Link], device: str) -> str:
    """The page, with a question for each of these pages."""
    shown = SHOWN if SHOWN in names else names[0]
    page, probe = pages.load(shown), probes.load(shown)
    config = kit.config(page, probe, device) | {
        "small": True,
        "landing": True,
        "fields": [],
        "survival": None,
        "widgets": [],
        "when": {},
    }
    sheets = "".join(_sheet(group, links) for group in shell.GROUPS)
    body = f"""{shell.header(links, "/", device)}
<main>
<section class="first">
  <div id="player"></div>
  <div class="hello">
    <h1>Hold the network still.<br>Move the picture.</h1>
    <p>A laboratory for looking inside neural networks. Everything here runs while you watch,
    answers while you drag, and stands next to its control.</p>
    <p class="doors"><a class="button strong" href="/app/{shown}/" data-carry>Steer this dream</a>
    <label class="button">Drop a photograph<input type="file" class="unseen"
      accept="image/png,image/jpeg,image/webp,image/gif,image/bmp" data-bring="picture"></label></p>
    <p class="notice" role="alert" hidden></p>
  </div>
</section>
<div class="groups-of">{sheets}</div>
</main>"""
    head = f'<link rel="manifest" href="/manifest.json">\n{shell.head(shell.TITLE, config)}'
    return shell.document(head, body, kind="landing")


def _sheet(group: str, links: Sequence[shell.Link]) -> str:
    """A group of the header as cards; nothing if it has none."""
    known = {
        units.ADDRESS: units.card,
        gallery.ADDRESS: gallery.card,
        lessons.ADDRESS: lessons.card,
        f"{course.PATH}/": _course,
    }
    cards = [
        known[link.address]() if link.address in known else _card(link.address.split("/")[-2])
        for link in links
        if link.group == group
    ]
    if not cards:
        return ""
    many = f'style="--cards: {len(cards)}"'
    return f'<section {many}><h2>{group}</h2><ul class="sheet">{"".join(cards)}</ul></section>'


def _course() -> str:
    """The course, by the matrix of its first lesson."""
    A = convolution.matrix(convolution.NOTES, convolution.untaught(convolution.NOTES.kernel))
    drawn = cells.svg(A, "A matrix of four rows: most wires cut, the rest tied", lit=1)
    return (
        f'<li><a href="{course.PATH}/"><span class="pane drawn">{drawn}</span>'
        "<b>What do the lecture notes say, live and proved?</b><span>the course</span></a></li>"
    )


def _card(name: str) -> str:
    """A question; the picture above it was recorded, on a card of its own or as the page begins.

    The lab's mark stands there until one was.
    """
    probe, known = probes.load(name), served.keyframes()
    shown = next((one for one in (f"{name}-card", name) if one in known), "")
    card = pages.load(name).card
    said = f'<span class="said">{escape(card)}</span>' if card else ""
    pane = f'<span class="pane plain">{shell.MARK}</span>'
    if shown:
        pane = (
            '<span class="pane"><picture><source media="(prefers-reduced-motion: reduce)" '
            f'srcset="/keyframes/{shown}.jpg">'
            f'<img src="/keyframes/{shown}.webp" alt="" loading="lazy"></picture>'
            f'<span class="recorded">recorded</span>{said}</span>'
        )
    return (
        f'<li><a href="/app/{name}/">{pane}'
        f"<b>{escape(probe.question)}</b><span>{escape(probe.method)}</span></a></li>"
    )
