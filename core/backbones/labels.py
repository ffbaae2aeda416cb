"""The thousand classes of ImageNet, by short names that no two share."""


def imagenet() -> tuple[str, ...]:
    """One name for each class, in the order of the logits."""
    from timm.data.imagenet_info import ImageNetInfo

    described = ImageNetInfo("imagenet-1k").label_descriptions()
    return tuple(_APART.get(k) or text.split(",")[0] for k, text in enumerate(described))


# where the first of ImageNet's synonyms names two classes
_APART = {
    134: "crane (bird)",
    264: "Cardigan Welsh corgi",
    517: "crane (machine)",
    639: "tank suit",
}
