"""Who may steer: pages of this server, and of hosts that LAB_ORIGINS names."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

STRANGER = "This page is not of this lab: open the lab itself."


def is_ours(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from one of our pages, or from no page at all."""
    origin = headers.get("origin")
    if origin is None:
        return True
    host = urlsplit(origin).netloc.lower()
    named = os.environ.get("LAB_ORIGINS", "").lower().replace(",", " ").split()
    return bool(host) and (host == headers.get("host", "").lower() or _named(origin, host, named))


def _named(origin: str, host: str, named: list[str]) -> bool:
    return host in named or origin.lower() in [name.rstrip("/") for name in named]
