"""The address that a room is followed by, as text and as a code for cameras."""

import os
import socket
from dataclasses import dataclass

import segno

from apps.kit.hosts import HERE, split

ANYWHERE = ("0.0.0.0", "::", "[::]")  # LAB_HOST: every address of this computer
# Which of this computer's addresses leads there is asked of its own tables: a datagram socket
# that is connected has sent nothing yet.
_TOWARDS = ("192.168.254.254", "10.254.254.254", "172.30.254.254")
ALONE = (
    "Only this computer reaches this lab. To let the room in, close it and start it with "
    "LAB_HOST=0.0.0.0 make lab; then open this page again."
)
NO_NETWORK = (
    "This computer has no address in a network: join the room's Wi-Fi and open the room again."
)


@dataclass(frozen=True)
class Invitation:
    """Where a room is, the address as SVG, and why others cannot reach it if they cannot.

    Without a way for others there is no SVG, and the address is good on this computer alone.
    """

    address: str
    svg: str = ""
    sentence: str = ""


def invitation(code: str, host: str, scheme: str = "http") -> Invitation:
    """How to follow the room; `host` and `scheme` are those of the lecturer's own page."""
    path = f"/f/{code}"
    name, port = split(host)
    if name not in HERE:
        return _drawn(f"{scheme}://{host}{path}")
    here = Invitation(f"{scheme}://{host}{path}", sentence=ALONE)
    if os.environ.get("LAB_HOST", "").strip() not in ANYWHERE:
        return here
    own = address_in_network()
    if not own:
        return Invitation(here.address, sentence=NO_NETWORK)
    return _drawn(f"{scheme}://{own}{f':{port}' if port else ''}{path}")


def _drawn(address: str) -> Invitation:
    code = segno.make_qr(address, error="m")
    drawn = code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, lineclass=None)
    return Invitation(address, drawn)


def address_in_network() -> str:
    """This computer's IPv4 address in the network that it is in; empty if it is in none."""
    for host in _TOWARDS:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
            try:
                made.connect((host, 9))
            except OSError:
                continue
            found = made.getsockname()[0]
        if not found.startswith("127.") and found != "0.0.0.0":
            return found
    return ""
