"""What there is to look at in a network: its layers, and what each one sees."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import nn

BEFORE = "pre-activation"


@dataclass(frozen=True)
class LayerInfo:
    """One layer.

    stride: input px from one position to the next. receptive_field: the side,
    in input px, of the square that one position can depend on, part of it zero
    padding near the border. Both are None where the layer sees the whole
    picture, or where nobody knows. module: PyTorch's dotted name of the module whose
    output it is. before: of a ReLU map, the layer that it clips, where a gradient
    passes even if the unit is silent. arranged: how that module lays its output out.
    """

    name: str
    channels: int
    stride: int | None
    receptive_field: int | None
    kind: str
    module: str
    before: str = ""
    arranged: str = "map"


def table(network: nn.Module, kinds: Mapping[str, tuple[str, str]]) -> dict[str, LayerInfo]:
    """The layers in the order in which they are computed.

    kinds: (name, kind) by the dotted name of the module whose output is the
    layer. The network is a chain whose children are registered in order; a skip
    connection sees no further than the path beside it.
    """
    found = {}
    channels, stride, field, last = 0, 1, 1, ""
    for path, module in _outputs(network):
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            field += _reach(module) * stride  # type: ignore[operator]
            stride *= _first(module.stride)  # type: ignore[operator]
            channels = module.out_channels if isinstance(module, nn.Conv2d) else channels
        elif isinstance(module, nn.AdaptiveAvgPool2d | nn.Linear):
            stride = field = None
            channels = module.out_features if isinstance(module, nn.Linear) else channels
        if path in kinds:
            name, kind = kinds[path]
            before = last if isinstance(module, nn.ReLU | nn.ReLU6) else ""
            found[name] = LayerInfo(name, channels, stride, field, kind, path, before)
            last = name
    return found


def _reach(part: nn.Conv2d | nn.MaxPool2d) -> int:
    return _first(part.dilation) * (_first(part.kernel_size) - 1)


def _first(sides: int | tuple[int, ...]) -> int:
    return sides if isinstance(sides, int) else sides[0]


def _outputs(module: nn.Module, path: str = "") -> Iterator[tuple[str, nn.Module]]:
    """Every module after those inside it: the order in which their outputs arrive."""
    for name, child in module.named_children():
        yield from _outputs(child, f"{path}.{name}" if path else name)
    yield path, module


def neighbours(name: str, known: Mapping[str, LayerInfo]) -> str:
    """The layers that are most like a name that is none, for a sentence."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return f"did you mean {', '.join(close)}?"
    stages = [layer.name for layer in known.values() if layer.kind == "stage output"]
    return f"choose {', '.join(stages or known)}."
