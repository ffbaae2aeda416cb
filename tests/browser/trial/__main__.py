"""A lab with pages of probes that lack much: the two folders beside this file."""

import sys
from pathlib import Path

from apps import lab, pages
from core import probes

HERE = Path(__file__).resolve().parent
NAMES = ("words", "cloud")

if __name__ == "__main__":
    probes.__path__.append(str(HERE / "probes"))
    pages.__path__.append(str(HERE / "pages"))
    pages._names = lambda: NAMES
    sys.exit(lab.main())
