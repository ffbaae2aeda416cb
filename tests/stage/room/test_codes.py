"""A code can be read aloud, typed in a hurry, and is never a word."""

import pytest

from apps.stage.room import codes


def test_a_code_has_four_letters_that_do_not_look_alike():
    found = {codes.fresh(()) for _ in range(500)}
    assert all(len(code) == 4 for code in found)
    assert not set("".join(found)) & set("0O1IL25S68BAEU")
    assert len(found) > 450


def test_a_code_that_is_taken_is_not_given_again(monkeypatch):
    drawn = iter("CCCCCCCCDCCC")
    monkeypatch.setattr(codes.secrets, "choice", lambda _: next(drawn))
    assert codes.fresh({"CCCC"}) == "DCCC"


@pytest.mark.parametrize("typed", ["KZ4T", "kz4t", " kz 4t ", "Kz4T"])
def test_a_code_is_read_as_it_is_typed(typed):
    assert codes.read(typed) == "KZ4T"


@pytest.mark.parametrize("typed", ["", "KZ4", "KZ4TT", "KZ0T", "KÄ4T", "../x", "K" * 10_000])
def test_what_is_no_code_is_none(typed):
    assert codes.read(typed) == ""
