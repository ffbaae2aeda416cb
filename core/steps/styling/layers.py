"""Which layers a style is read from."""

from core.models import Classifier

LAYERS = {  # by a layer that only this architecture has: grain first, large shapes last
    "blocks.0.0.conv_dw": ("stem", "blocks.0", "blocks.1", "blocks.2", "blocks.4"),
    "relu1_1": ("relu1_1", "relu2_1", "relu3_1", "relu4_1"),
}
MOST = 5  # layers that a style is read from: as many as have a weight
REACH = 220  # px: a layer that sees more than this knows objects, not textures


def layers(network: Classifier) -> tuple[str, ...]:
    """The layers whose textures are a style to this network, from early to late.

    Of a network that nobody looked at: five maps, each seeing about twice as far
    as the one before. Never more than five.
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
        return tuple(known[: MOST - 1]) or tuple(network.layers)[:1]
    wanted = [near[0][0] * (near[-1][0] / near[0][0]) ** (i / (MOST - 1)) for i in range(MOST)]
    found = [min(near, key=lambda one, at=at: abs(one[0] - at))[1] for at in wanted]
    return tuple(dict.fromkeys(found))
