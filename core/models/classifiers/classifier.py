"""A pretrained network, held still, whose inside can be read by many at once."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, overload

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.classifiers.layers import LayerInfo, neighbours
from core.models.classifiers.watching import arranged
from core.models.errors import InputError, NoClassesError, UnknownLayerError
from core.models.model import Card
from core.settings import Kind, Label, Layer, SettingError, Unit


class Classifier:
    """A frozen network with named layers; pictures are (n, 3, height, width) in [0, 1].

    It belongs to nobody: a reading lives in the call that asked for it, so any
    number of threads may read at once, and each gets what it gets alone.

    name, title: for links and for people. size: the native side in px;
    smallest: the least side. output: the layer with the logits, "" without one.
    labels: the classes, if it has any. fingerprint: of architecture and weights.
    fair: False for a random twin whose activations could not be brought to the
    trained network's size. fixed: pictures are brought to the native size, as it
    reads no other. first: the layer and unit to show where nobody chose. drawn:
    makes the random twin of a seed; None for a network that is one itself.
    """

    def __init__(
        self,
        module: nn.Module,
        layers: Mapping[str, LayerInfo],
        *,
        name: str,
        title: str,
        size: int,
        smallest: int,
        output: str,
        labels: tuple[str, ...],
        card: Card,
        fingerprint: str,
        device: torch.device | str = "cpu",
        mean: tuple[float, ...] = (0.5, 0.5, 0.5),
        deviation: tuple[float, ...] = (0.5, 0.5, 0.5),
        fair: bool = True,
        fixed: bool = False,
        first: tuple[str, int] = ("", 0),
        drawn: "Callable[[int], Classifier] | None" = None,
    ) -> None:
        self.family = "classifier"
        self.name, self.title, self.size, self.smallest = name, title, size, smallest
        self.layers, self.output, self.labels = dict(layers), output, labels
        self.card, self.fingerprint, self.fair = card, fingerprint, fair
        self.fixed, self.first, self._drawn = fixed, first, drawn
        self.device = torch.device(device)
        if self.device.type == "cpu":
            _point_by_point(module)
        self.module = _frozen(module).to(self.device).to(memory_format=torch.channels_last)
        spread = torch.tensor(deviation).view(3, 1, 1)
        self._scale = (1 / spread).to(self.device)
        self._shift = (-torch.tensor(mean).view(3, 1, 1) / spread).to(self.device)
        self._thread = _Thread()
        _tap(self.module, self.layers, self._thread)

    def __repr__(self) -> str:
        return f"<{self.title}: {len(self.layers)} layers, {self.fingerprint}, on {self.device}>"

    @property
    def nbytes(self) -> int:
        """Of the weights."""
        return sum(t.nbytes for t in self.module.state_dict().values())

    def twin(self, seed: int) -> "Classifier | None":
        """The same architecture with weights drawn at random: the control beside every picture."""
        return self._drawn(seed) if self._drawn else None

    def check(self, kind: Kind, name: str, value: Any, now: Any) -> None:
        """Raise where a layer, unit or class is none of this network's."""
        if isinstance(kind, Layer):
            self.layer(value)
        elif isinstance(kind, Label) and self.labels:  # else the probe says so, if a class is asked
            _within(name, value, len(self.labels), f"{self.title} knows", "classes")
        elif isinstance(kind, Unit):
            layer = getattr(now, kind.of)
            channels = self.layer(layer).channels
            _within(name, value, channels, f"{layer} of {self.title} has", "units")

    @overload
    def activations(self, x: Tensor, layer: str, /) -> Tensor: ...

    @overload
    def activations(
        self, x: Tensor, layer: str, second: str, /, *more: str
    ) -> tuple[Tensor, ...]: ...

    @overload
    def activations(self, x: Tensor, *layers: str) -> Tensor | tuple[Tensor, ...]: ...

    def activations(self, x: Tensor, *layers: str) -> Tensor | tuple[Tensor, ...]:
        """What the layers hold for these pictures: (n, channel, height, width), or (n, class).

        Computes no further than the deepest of them; gradients flow to x. One
        layer gives a tensor, several a tuple in the order asked for. Raises
        UnknownLayerError and InputError.
        """
        for layer in layers:
            self.layer(layer)
        self._check(x, layers)
        reading = _Reading(frozenset(layers))
        outer, self._thread.reading = self._thread.reading, reading
        try:
            self.module(self.normalised(x))
        except _Complete:
            pass
        finally:
            self._thread.reading = outer
        found = tuple(reading.found[layer] for layer in layers)
        return found[0] if len(found) == 1 else found

    @property
    def stages(self) -> list[str]:
        """The outputs of its stages, from early to late; some networks have none."""
        return [name for name, info in self.layers.items() if info.kind == "stage output"]

    def layer(self, name: str) -> LayerInfo:
        """A layer by name; raises UnknownLayerError with its neighbours."""
        if name not in self.layers:
            raise UnknownLayerError(
                f"{self.title} has no layer {name!r}: {neighbours(name, self.layers)}"
            )
        return self.layers[name]

    def classifier(self) -> str:
        """The layer with the logits; raises NoClassesError where there is none."""
        if not self.output:
            raise NoClassesError(
                f"{self.title} knows no classes: choose a unit or a layer, or another network."
            )
        return self.output

    def normalised(self, x: Tensor) -> Tensor:
        """The pictures as the network's first convolution sees them."""
        if self.fixed and x.shape[-2:] != (self.size, self.size):
            x = F.interpolate(x, (self.size, self.size), mode="bilinear", antialias=True)
        scaled = torch.addcmul(self._shift, x, self._scale)
        return scaled.contiguous(memory_format=torch.channels_last)

    def _check(self, x: Tensor, layers: tuple[str, ...]) -> None:
        if not layers:
            raise UnknownLayerError(f"No layer was asked for: {neighbours('', self.layers)}")
        if x.ndim != 4 or x.shape[1] != 3 or not x.is_floating_point():
            raise InputError(
                f"{self.title} reads pictures (n, 3, height, width) of floats in [0, 1]; "
                f"this is {tuple(x.shape)} of {str(x.dtype).removeprefix('torch.')}."
            )
        height, width = x.shape[-2:]
        if min(height, width) < self.smallest:
            raise InputError(
                f"This picture is {width} x {height} px; {self.title} needs at least "
                f"{self.smallest} px a side. Make it larger."
            )


def _within(name: str, value: int, count: int, owner: str, things: str) -> None:
    if value >= count:
        raise SettingError(
            f"{name} = {value} is out of range: {owner} {count} {things}, 0 to {count - 1}."
        )


class _Complete(Exception):
    """The last layer that was asked for has arrived."""


class _Reading:
    """What one call of `activations` asked for and has so far."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self.wanted, self.found, self.calls = wanted, {}, Counter()

    def arrive(self, names: tuple[str, ...], output: Tensor) -> None:
        """Take the output of a module whose successive calls are the layers `names`."""
        name = names[0]
        if len(names) > 1:
            name = names[self.calls[names]]
            self.calls[names] += 1
        if name in self.wanted:
            self.found[name] = output
            if len(self.found) == len(self.wanted):
                raise _Complete


class _Thread(threading.local):
    """The reading that this thread is in the middle of."""

    reading: _Reading | None = None


def _tap(module: nn.Module, layers: Mapping[str, LayerInfo], thread: _Thread) -> None:
    """One hook for each module that is a layer, for good."""
    names: dict[str, list[str]] = {}
    for layer in layers.values():  # a module called twice is name#0, name#1
        names.setdefault(layer.module, []).append(layer.name)
    for path, called in names.items():
        how = layers[called[0]].arranged
        module.get_submodule(path).register_forward_hook(_hook(tuple(called), how, thread))


def _hook(names: tuple[str, ...], how: str, thread: _Thread) -> Callable[..., None]:
    def arrived(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if thread.reading is not None:
            thread.reading.arrive(names, output if how == "map" else arranged(output, how))

    return arrived


class _Pointwise(nn.Conv2d):
    """A 1 x 1 convolution as one matrix product over the positions.

    torch takes one way for these on one thread and another on several, which
    round differently; the product rounds the same, and costs the same.
    """

    def forward(self, input: Tensor) -> Tensor:
        rows = F.linear(input.permute(0, 2, 3, 1), self.weight[:, :, 0, 0], self.bias)
        return rows.permute(0, 3, 1, 2)


def _point_by_point(module: nn.Module) -> None:
    """Turn every plain 1 x 1 convolution inside into a product."""
    for part in module.modules():
        plain = type(part) is nn.Conv2d and part.groups == 1 and part.padding == (0, 0)
        if plain and part.kernel_size == part.stride == (1, 1):
            part.__class__ = _Pointwise


def _frozen(module: nn.Module) -> nn.Module:
    """Nothing in it learns, drops out, or overwrites what a reading has taken."""
    for part in module.modules():
        if getattr(part, "inplace", False):
            part.inplace = False  # type: ignore[assignment]
    return module.eval().requires_grad_(False)
