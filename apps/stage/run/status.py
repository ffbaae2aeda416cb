"""What the page is told of a run: first what it is, then where it stands."""

import json
import logging
from dataclasses import asdict, dataclass
from typing import Any

from apps.stage.errors import explained
from apps.stage.past.timeline import Timeline
from apps.stage.run.opening import Opening
from apps.stage.sight.telling import live
from core import models, records
from core.export import pairs
from core.probe import name_of

_log = logging.getLogger(__name__)
ON = "The run goes on."


def hello(
    opening: Opening,
    settings: Any,
    *,
    number: int,
    token: str,
    panels: list[str],
    keep: dict[str, Any] | None,
) -> str:
    """What a page needs to know first; `settings` are those of now.

    keep: what it is to keep of the run, beside the tapes, so that it comes back.
    """
    body = {
        "run": number,
        "token": token,
        "probe": name_of(opening.probe),
        "title": opening.probe.title,
        "panels": panels,
        "settings": asdict(settings),
        "live": list(live(settings)),
    }
    more = {"link": opening.link, "twin": opening.twin, "keep": keep}
    return json.dumps({"hello": body | {name: value for name, value in more.items() if value}})


def kept(opening: Opening, timeline: Timeline | None, until: int | None) -> dict[str, Any]:
    """What a page keeps of a run beside its tapes: how it began, and where it is to rest."""
    known = timeline.fingerprints if timeline else {}
    record = records.of(opening.probe, opening.settings, [], -1, known)
    twin = (opening.record or {}).get(pairs.KEY)
    more = {} if twin is None else {pairs.KEY: twin}
    del record["tape"], record["step"]
    return {"record": record | more, "until": until}


@dataclass(frozen=True)
class Standing:
    """Where a run stands: its state, its speed, who shares the computer, and why it failed."""

    state: str
    rate: float = 0.0
    people: int = 1  # runs that somebody watches moving
    failure: str = ""


def status(
    opening: Opening, timeline: Timeline | None, numbers: dict[str, Any] | None, standing: Standing
) -> dict[str, Any]:
    """The status of a run, whose last frame that was shown has these `numbers`."""
    back = opening.back
    before = (back.step, back.branches.now.furthest) if back else (-1, -1)
    kept = timeline.furthest if timeline else before[1]
    ends, wrong = _ends(timeline, kept)
    sentence = standing.failure or wrong
    replays = timeline.replays if timeline else None
    if standing.state == "loading":
        sentence = loading(opening)
    elif replays:
        sentence = f"Replaying step {replays[0] + 1} of {replays[1] + 1}."
    elif not sentence and timeline and numbers is not None:
        sentence = _caption(timeline, numbers)
    control = timeline.control if timeline else None
    return {
        "meant": _meant(timeline),
        "step": timeline.latest.step if timeline and timeline.latest else before[0],
        "kept": kept,
        "ends": ends,
        "state": standing.state,
        "rate": standing.rate if standing.state == "running" else 0,
        "people": standing.people,
        "replays": replays,
        "sentence": sentence,
        # a control that could not be calibrated: the page then says so beside it
        "unfair": control is not None and not control.fair,
    }


def _meant(timeline: Timeline | None) -> dict[str, float]:
    """By setting, the number that its word stands for, where that is known."""
    try:
        return dict(timeline.meant()) if timeline else {}
    except Exception:  # noqa: BLE001  the run goes on, and the word alone is shown
        _log.debug("a word could not be explained", exc_info=True)
        return {}


def _ends(timeline: Timeline | None, kept: int) -> tuple[int | None, str]:
    """The last step there will be, if anybody knows, and what went wrong in counting."""
    if timeline is None:
        return None, ""
    if timeline.complete:
        return kept, ""
    try:
        length = timeline.length
    except Exception as error:  # noqa: BLE001  the run goes on without its length
        _log.debug("a length could not be counted", exc_info=True)
        return None, explained(error, "Counting the steps of this run", ON)
    return max(kept, length - 1) if length else None, ""


def _caption(timeline: Timeline, numbers: dict[str, Any]) -> str:
    try:
        return timeline.caption(numbers)
    except Exception as error:  # noqa: BLE001  the run goes on without its caption
        _log.debug("a caption could not be made", exc_info=True)
        return explained(error, "The caption of this step", ON)


def loading(opening: Opening) -> str:
    """What is being fetched, or that something is loaded."""
    said = next(filter(None, map(models.progress, opening.networks)), "")
    return said or f"Loading {' and '.join(opening.networks)}".strip() + "."
