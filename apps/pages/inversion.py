"""Inversion: which pictures look the same to a layer?"""

import sys

from apps.kit import Claim, Page, Preset

NEAR = Claim("another photograph", 3, "relative error")

PAGE = Page(
    probe="inversion",
    sentence=(
        "The network stays as it is. From noise, a picture is made that {layer} of {network} takes "
        "for the photograph: {mode}, {depths}."
    ),
    presets=(Preset("What the middle of the network holds of the cat", {}, 47, NEAR),),
    when={
        "layer": ("depths", ("this layer",)),
        "starts": ("depths", ("this layer",)),
        "jitter": ("mode", ("all shifts", "caricature")),
        "power": ("mode", ("caricature",)),
        "schedule": ("mode", ("one code",)),
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("inversion",)))
