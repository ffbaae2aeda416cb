"""The classes of a network, by short names that no two share."""

from collections import Counter
from collections.abc import Iterable

from core.models.classifiers import libraries

IMAGENET = 1000  # classes


def imagenet() -> tuple[str, ...]:
    """ImageNet's thousand: one name for each class, in the order of the logits."""
    described = libraries.timm().data.ImageNetInfo("imagenet-1k").label_descriptions()
    return tuple(_APART.get(k) or text.split(",")[0] for k, text in enumerate(described))


def none() -> tuple[str, ...]:
    """For a network without a classifier."""
    return ()


def digits() -> tuple[str, ...]:
    """The ten digits."""
    return tuple("0123456789")


def apart(described: Iterable[str]) -> tuple[str, ...]:
    """The first synonym of each class; where two share it, its number behind it."""
    first = [text.split(",")[0].strip() for text in described]
    seen = Counter(name.lower() for name in first)
    return tuple(f"{n} ({i})" if seen[n.lower()] > 1 else n for i, n in enumerate(first))


def numbered(count: int) -> tuple[str, ...]:
    """For classes that nobody named."""
    return tuple(f"class {i}" for i in range(count))


# where the first of ImageNet's synonyms names two classes
_APART = {
    134: "crane (bird)",
    264: "Cardigan Welsh corgi",
    517: "crane (machine)",
    639: "tank suit",
}
