"""Whether strangers can reach this lab, and what it then does not do for them."""

import os

from apps.stage.errors import StageError
from core import models

HOME = "", "127.0.0.1", "localhost", "::1"
NO = "", "0", "no", "false"
WEIGHTS = {True: 2 * 2**30, False: 4 * 2**30}  # bytes of models that are held, in public or at home


def is_public() -> bool:
    """LAB_PUBLIC; without it, on a Space and at any address but this computer's own."""
    said = os.environ.get("LAB_PUBLIC")
    if said is not None:
        return said.strip().lower() not in NO
    return "SPACE_ID" in os.environ or os.environ.get("LAB_HOST", "").strip() not in HOME


def allow(network: str) -> None:
    """Raise StageError for a network that a public lab would have to fetch."""
    if is_public() and not models.is_here(network):
        here = ", ".join(offer.name for offer in models.offers() if offer.here)
        raise StageError(
            f"This lab is public and fetches nothing for its visitors: choose {here}, or open a "
            "lab of your own."
        )
