"""The code of a room: short enough to type, and without letters that look alike."""

import re
import secrets
from collections.abc import Container

LETTERS = "CDFGHJKMNPQRTVWXYZ3479"  # no vowels: no words; none of 0 O, 1 I L, 2, 5 S, 6, 8 B
LENGTH = 4
_CODE = re.compile(f"[{LETTERS}]{{{LENGTH}}}")


def fresh(taken: Container[str]) -> str:
    """A code that is not taken; 22 letters make 234 256 of them."""
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        if code not in taken:
            return code


def read(text: str) -> str:
    """A code as it was typed, small letters and spaces included; empty if it is none."""
    typed = "".join(text[:20].upper().split())
    return typed if _CODE.fullmatch(typed) else ""
