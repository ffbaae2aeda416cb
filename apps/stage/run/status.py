"""What the status of a run says: where it stands, how far it can go, and what is seen."""

from typing import Any

from core import models

RATE_OVER = 3.0  # seconds


def status(run: Any, now: float) -> dict[str, Any]:
    """The status of a staged run."""
    timeline, state = run.timeline, run.state
    kept = timeline.furthest if timeline else -1
    return {
        "step": timeline.latest.step if timeline and timeline.latest else -1,
        "kept": kept,
        "ends": _ends(run, kept),
        "state": state,
        "place": run.place or None,
        "rate": _rate(run, now) if state == "running" else 0,
        "sentence": _sentence(run, state),
        "unfair": _unfair(run),
    }


def _ends(run: Any, kept: int) -> int | None:
    if run.timeline and run.timeline.complete:
        return kept
    length = run.timeline.length if run.timeline else None
    return max(kept, length - 1) if length else None


def _rate(run: Any, now: float) -> float:
    times = [t for t in run.times if now - t < RATE_OVER]
    return round((len(times) - 1) / (times[-1] - times[0]), 1) if len(times) > 1 else 0.0


def _sentence(run: Any, state: str) -> str:
    if state == "waiting":
        return f"The lab is full: you are number {run.place} in line."
    if state == "loading":
        return loading(run)
    caption = getattr(run.opened.probe, "caption", None)
    shown = run.telling.shown
    if run.failure or not caption or not run.timeline or not shown:
        return run.failure
    return caption(run.timeline.now, shown.values)


def _unfair(run: Any) -> bool:
    """Whether the control could not be calibrated: the page then says so beside it."""
    control = run.timeline.control if run.timeline else None
    return control is not None and not control.fair


def loading(run: Any) -> str:
    """What is being fetched, or that something is loaded."""
    network = getattr(run.opened.settings, "network", "")
    return (network and models.progress(network)) or f"Loading {network}".strip() + "."
