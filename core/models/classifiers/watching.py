"""What there is to see in a classifier that nobody described: found by watching it read a picture.

Stages are the containers that the network is a chain of, or, where it is a
chain of single parts, the maps that are pooled. Beside them: the blocks inside
stages, the maps behind activations, the convolutions that those clip, the logits.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.models.classifiers.layers import BEFORE, LayerInfo
from core.models.errors import UnfitWeightsError

FURTHER = 64  # px that the second picture is larger: how a map grows tells its stride
SIDES = 32, 64, 96, 128, 160, 192  # that are tried, to see how small a picture may be
PREFIX = 8  # tokens that stand for no position, at most
TRUNK = 0.75  # of the parts with weights: a container that holds more is no stage itself

_ACTIVATIONS = (
    nn.ReLU, nn.ReLU6, nn.SiLU, nn.GELU, nn.Hardswish, nn.Mish, nn.ELU, nn.LeakyReLU, nn.Softplus,
)  # fmt: skip
_POOLS = nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d


@dataclass(frozen=True)
class Call:
    """One call of a module during a pass."""

    path: str
    part: nn.Module
    input: Any
    output: Any
    version: int  # of the output when it arrived: counts what is written over it

    @property
    def whole(self) -> bool:
        """Whether the output is a tensor that nothing wrote over later."""
        return isinstance(self.output, Tensor) and self.output._version == self.version


@torch.no_grad()
def watched(module: nn.Module, x: Tensor) -> tuple[list[Call], Tensor]:
    """Every call of a pass, in the order in which they end, and what the network gives."""
    calls: list[Call] = []

    def arrived(path: str) -> Any:
        def hook(part: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            version = output._version if isinstance(output, Tensor) else 0
            calls.append(Call(path, part, inputs[0] if inputs else None, output, version))

        return hook

    hooks = [p.register_forward_hook(arrived(n)) for n, p in module.named_modules()]
    try:
        given = module(x)
    finally:
        for hook in hooks:
            hook.remove()
    return calls, given


def is_container(part: nn.Module) -> bool:
    """Whether it has parts of its own."""
    return next(part.children(), None) is not None


def inside(module: nn.Module, size: int) -> tuple[dict[str, LayerInfo], str, int, bool]:
    """The layers, the one with the logits, the least side, and whether it reads `size` alone."""
    calls, given = watched(module, torch.zeros(1, 3, size, size))
    if not isinstance(given, Tensor) or given.ndim != 2:
        raise UnfitWeightsError(
            "This network gives no row of logits: the lab reads classifiers. Choose another."
        )
    smallest = next((side for side in SIDES if side < size and _reads(module, side)), 0)
    strides = _strides(module, calls, size, fixed=not smallest)
    kinds = _kinds(module, calls, given)
    table, names = {}, _names(calls)
    for number, (call, name) in enumerate(zip(calls, names, strict=True)):
        if number in kinds and name not in table:
            table[name] = _layer(call, name, kinds[number], strides[number])
    before = {
        id(call.output): name
        for call, name in zip(calls, names, strict=True)
        if name in table and table[name].kind == BEFORE
    }
    for call, name in zip(calls, names, strict=True):
        clipped = before.get(id(call.input), "")
        if name in table and isinstance(call.part, nn.ReLU | nn.ReLU6) and clipped:
            table[name] = LayerInfo(**{**vars(table[name]), "before": clipped})
    output = next(n for n, info in table.items() if info.kind == "logits")
    # tokens do not say how wide the picture was: such a network is shown its own size alone
    fixed = not smallest or any(info.arranged == "tokens" for info in table.values())
    return table, output, smallest or min(16, size), fixed


def _reads(module: nn.Module, side: int) -> bool:
    """Whether a picture of this side passes."""
    try:
        with torch.no_grad():
            module(torch.zeros(1, 3, side, side))
    except (RuntimeError, ValueError, AssertionError, IndexError):
        return False
    return True


def _strides(module: nn.Module, calls: list[Call], size: int, *, fixed: bool) -> list[int | None]:
    """Of each call's output, in px of the picture; None where it is no map."""
    sides = [_side(call.output) for call in calls]
    if fixed:
        return [round(size / side) if side else None for side in sides]
    larger, _ = watched(module, torch.zeros(1, 3, size + FURTHER, size + FURTHER))
    grown = [_side(call.output) for call in larger]
    return [
        round(FURTHER / (b - a)) if a and b and b > a else None
        for a, b in zip(sides, grown, strict=True)
    ]


def _arranged(output: Any) -> str:
    """How a layer's output lies: a map, channels last, tokens, or "" for none of these."""
    if not isinstance(output, Tensor):
        return ""
    shape = output.shape
    if output.ndim == 4:
        if shape[2] == shape[3]:
            return "map"
        return "channels last" if shape[1] == shape[2] else ""
    if output.ndim == 3 and shape[1] - math.isqrt(shape[1]) ** 2 <= PREFIX and shape[1] > PREFIX:
        return "tokens"
    return ""


def _side(output: Any) -> int:
    """Positions along a side; 0 where there are none."""
    found = {"map": lambda s: s[3], "channels last": lambda s: s[1]}
    found["tokens"] = lambda s: math.isqrt(s[1])
    side = found.get(_arranged(output), lambda s: 0)(getattr(output, "shape", ()))
    return side if side > 1 else 0


def arranged(output: Tensor, how: str) -> Tensor:
    """A layer's output as (n, channel, height, width); tokens before the positions left out."""
    if how == "channels last":
        return output.permute(0, 3, 1, 2)
    side = math.isqrt(output.shape[1])
    positions = output[:, output.shape[1] - side * side :]
    return positions.transpose(1, 2).unflatten(2, (side, side))


def _layer(call: Call, name: str, kind: str, stride: int | None) -> LayerInfo:
    how = _arranged(call.output) if kind != "logits" else "map"
    channels = call.output.shape[1 if how == "map" else -1]
    return LayerInfo(name, channels, stride, None, kind, call.path, arranged=how)


def _names(calls: list[Call]) -> list[str]:
    """The layer's name of each call: the module's, with its number if it is called more than once."""
    times, seen, found = Counter(call.path for call in calls), Counter[str](), []
    for call in calls:
        more = times[call.path] > 1
        found.append(f"{call.path}#{seen[call.path]}" if more else call.path or "logits")
        seen[call.path] += 1
    return found


def _kinds(module: nn.Module, calls: list[Call], given: Tensor) -> dict[int, str]:
    """What each call's output is, by the call's number; what is not worth a look is left out."""
    times = Counter(call.path for call in calls)
    once = {c.path: i for i, c in enumerate(calls) if times[c.path] == 1 and c.whole}
    maps = {path: i for path, i in once.items() if _side(calls[i].output)}
    passed = {call.path for call in calls if _side(call.output)}
    stages = [path for path in _stages(module, passed) if path in maps]
    found = {maps[path]: "stage output" for path in stages}
    taken = {id(calls[i].output) for i in found}
    for path in stages:
        for inner in _blocks(module, path, maps, calls):
            if id(calls[maps[inner]].output) not in taken:
                found[maps[inner]] = "block output"
                taken.add(id(calls[maps[inner]].output))
    found |= _activations(calls, found, times, taken, pooled=not stages)
    outputs = [i for i, call in enumerate(calls) if call.output is given]
    return {**found, outputs[0]: "logits"}


def _stages(module: nn.Module, maps: set[str]) -> Iterator[str]:
    """The containers that the network is a chain of: down until it branches into several."""
    path = ""
    while True:
        inner = [p for p in _children(module, path) if p in maps]
        total = _weighty(module.get_submodule(path))
        large = [p for p in inner if _weighty(module.get_submodule(p)) > TRUNK * total]
        deeper = large or (inner if len(inner) == 1 else [])
        if not deeper:
            yield from inner
            return
        path = deeper[0]


def _children(module: nn.Module, path: str) -> list[str]:
    """The containers right inside, by their dotted names."""
    return [
        f"{path}.{name}" if path else name
        for name, part in module.get_submodule(path).named_children()
        if is_container(part)
    ]


def _weighty(module: nn.Module) -> int:
    return sum(isinstance(part, nn.Conv2d | nn.Linear) for part in module.modules())


def _blocks(module: nn.Module, path: str, maps: dict[str, int], calls: list[Call]) -> Iterator[str]:
    """The containers inside a stage; of one that is the whole stage, those inside it."""
    end = calls[maps[path]].output
    for inner in _children(module, path):
        if inner not in maps:
            continue
        if calls[maps[inner]].output is end and len(_children(module, inner)) > 1:
            yield from _blocks(module, inner, maps, calls)
        else:
            yield inner


def _activations(
    calls: list[Call], found: dict[int, str], times: Counter[str], taken: set[int], *, pooled: bool
) -> dict[int, str]:
    """Maps behind activations, and the convolutions that a ReLU clips; all calls of a module or none."""
    read = {id(call.input) for call in calls if isinstance(call.part, _POOLS)}
    whole = {call.path for call in calls} - {c.path for c in calls if not c.whole}
    kinds: dict[int, str] = {}
    convolutions = {
        id(call.output): i
        for i, call in enumerate(calls)
        if isinstance(call.part, nn.Conv2d) and times[call.path] == 1 and call.whole
    }
    for i, call in enumerate(calls):
        if not isinstance(call.part, _ACTIVATIONS) or call.path not in whole:
            continue
        same = id(call.output) in taken and times[call.path] == 1
        if i in found or same or _arranged(call.output) != "map" or not _side(call.output):
            continue
        ends = pooled and id(call.output) in read
        kinds[i] = "stage output" if ends else f"{type(call.part).__name__} map"
        conv = convolutions.get(id(call.input))
        if conv is not None and isinstance(call.part, nn.ReLU | nn.ReLU6):
            kinds[conv] = BEFORE
    return _complete(calls, kinds)


def _complete(calls: list[Call], kinds: dict[int, str]) -> dict[int, str]:
    """Every call of a module that is called more than once must be a layer, or none is."""
    wanted = Counter(call.path for call in calls)
    have = Counter(calls[i].path for i in kinds)
    return {i: kind for i, kind in kinds.items() if have[calls[i].path] == wanted[calls[i].path]}
