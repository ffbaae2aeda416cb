"""Which layers a style is read from, and how much each counts."""

from core.backbones import Backbone

LAYERS = {  # by a layer that only this architecture has: grain first, large shapes last
    "blocks.0.0.conv_dw": ("stem", "blocks.0", "blocks.1", "blocks.2", "blocks.4"),
    "relu1_1": ("relu1_1", "relu2_1", "relu3_1", "relu4_1"),
}
REACH = 220  # px: a layer that sees more than this knows objects, not textures


def layers(network: Backbone) -> tuple[str, ...]:
    """The layers whose textures are a style to this network, from early to late.

    Of a network that nobody looked at: five maps, each seeing about twice as far
    as the one before.
    """
    for one, found in LAYERS.items():
        if one in network.layers and all(name in network.layers for name in found):
            return found
    maps = [
        (layer.receptive_field, layer.name)
        for layer in network.layers.values()
        if layer.receptive_field and layer.kind != "pre-activation" and layer.arranged == "map"
    ]
    near = [one for one in maps if one[0] <= REACH] or maps[:1]
    if not near:  # nobody knows how far they see
        known = network.stages
        return tuple(known[:4]) or tuple(network.layers)[:1]
    wanted = [near[0][0] * (near[-1][0] / near[0][0]) ** (i / 4) for i in range(5)]
    found = [min(near, key=lambda one, at=at: abs(one[0] - at))[1] for at in wanted]
    return tuple(dict.fromkeys(found))


def depths(count: int, early: float, middle: float, late: float) -> list[float]:
    """A weight for each of so many layers, from three: the first, the middle and the last one's."""
    if count == 1:
        return [middle]
    found = []
    for i in range(count):
        t = 2 * i / (count - 1)
        found.append(early + t * (middle - early) if t <= 1 else middle + (t - 1) * (late - middle))
    return found
