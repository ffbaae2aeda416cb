"""What steers a run while it goes on: the settings of now, and the tape of what was changed."""

import dataclasses
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from core.settings import SettingError, declared, made, typed

Tape = list[tuple[int, dict[str, Any]]]  # (step, changes), applied before that step
S = TypeVar("S")


@dataclass
class Live(Generic[S]):
    """Settings and actions of now, and the tape of what a run has read.

    The pump calls `begin(step)` before it asks for that step's frame; `now` and
    `actions` then stand still until the next. `set` and `act` may be called from
    any thread and take effect at the next `begin`. Once a visitor changes
    something, what the tape held for later steps is dropped.
    """

    now: S
    tape: Tape = field(default_factory=list)
    fits: Callable[[S], None] = lambda settings: None  # raises where the network forbids a value
    actions: tuple[Any, ...] = ()
    kinds: Mapping[str, type] = field(default_factory=dict)  # action classes by name
    _waiting: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        values = dataclasses.asdict(self.now)  # type: ignore[call-overload]
        self.now = made(type(self.now), values)  # a 2 for a 2.0 is a 2.0 from here on

    def wish(self, changes: Mapping[str, Any], over: Any = None) -> dict[str, Any]:
        """Changes of live settings, each checked once and of its own type.

        over: the settings that they would change, where others wait already. Raises
        SettingError where one is fixed during a run, and what `fits` raises.
        """
        known = declared(self.now)
        for name in changes:
            if name in known and not known[name].kind.live:
                raise SettingError(f"{name} is fixed during a run: start again to change it.")
        found = typed(self.now, changes)
        before: Any = self.now if over is None else over
        self.fits(dataclasses.replace(before, **found))
        return found

    def action(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """An action as the tape holds it; raises SettingError if there is none of that name."""
        if name not in self.kinds:
            known = ", ".join(self.kinds) or "none"
            raise SettingError(f"There is no action {name!r} here: choose from {known}.")
        found = typed(self.kinds[name], values)
        self.fits(self.kinds[name](**found))
        return {"action": name, **found}

    def put(self, entry: dict[str, Any]) -> None:
        """Let the next step read what `wish` or `action` has checked."""
        with self._lock:
            self._waiting.append(entry)

    def set(self, /, **changes: Any) -> None:
        """Ask for live settings to change; raises SettingError and changes nothing if one cannot."""
        with self._lock:
            after = self.now
            for waiting in self._waiting:
                after = _changed(after, waiting)
            self._waiting.append(self.wish(changes, after))

    def act(self, name: str, /, **values: Any) -> None:
        """Ask for an action at the next step; raises SettingError if there is none of that name."""
        self.put(self.action(name, values))

    def begin(self, step: int) -> None:
        """Fix `now` and `actions` for this step, from the tape and from what was asked for."""
        with self._lock:
            if self._waiting:
                self.tape[:] = [entry for entry in self.tape if entry[0] <= step]
                self.tape += [(step, changes) for changes in self._waiting]
                self._waiting.clear()
            due = [changes for at, changes in self.tape if at == step]
        self.actions = tuple(self._acted(c) for c in due if "action" in c)
        for changes in due:
            self.now = _changed(self.now, changes)

    def catch_up(self, step: int) -> None:
        """Apply the settings on the tape of every step before this one: for a run that goes on."""
        for at, changes in self.tape:
            if at < step:
                self.now = _changed(self.now, changes)

    def _acted(self, entry: dict[str, Any]) -> Any:
        values = {name: value for name, value in entry.items() if name != "action"}
        return self.kinds[entry["action"]](**values)


def _changed(settings: S, changes: Mapping[str, Any]) -> S:
    """The settings with changes of a tape, which were checked where they entered."""
    if "action" in changes:
        return settings
    return dataclasses.replace(settings, **changes)  # type: ignore[type-var]
