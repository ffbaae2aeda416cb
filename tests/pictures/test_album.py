"""The pictures that ship are in colour, and every asset says where it comes from."""

import hashlib
import re

import pytest

from core import pictures
from core.pictures import PictureError, album

ASSETS = album.SHIPPED.parent


def test_at_least_eight_colour_photographs_ship():
    assert len(pictures.shipped()) >= 8
    for name, path in pictures.shipped().items():
        x = pictures.load(name)
        assert 352 <= max(x.shape) <= 512
        assert path.stat().st_size <= 90_000
        assert (x.amax(0) - x.amin(0)).mean() > 0.05, f"{name} has hardly any colour"


def test_an_unknown_picture_is_answered_with_the_known_ones():
    with pytest.raises(LookupError, match="no picture 'cats': choose cat, "):
        pictures.load("cats")
    with pytest.raises(PictureError, match=r"no picture '\.\./SOURCES': choose bee, "):
        pictures.load("../SOURCES")


def test_every_asset_is_listed_with_its_source_and_sha256():
    sources = (ASSETS / "SOURCES.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^## (\S+)\n(?:.+\n|\n)*?- sha256: `(\w+)`$", sources, re.MULTILINE))
    found = {
        path.relative_to(ASSETS).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in ASSETS.rglob("*")
        if path.is_file() and path.name != "SOURCES.md" and not path.name.startswith(".")
    }
    assert listed == found
    for section in sources.split("\n## ")[1:]:
        for word in ("Title", "Author", "Origin", "Licence", "Changes"):
            assert re.search(rf"^- {word}: \S", section, re.MULTILINE), section
