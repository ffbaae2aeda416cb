"""A page of the course without a browser: Streamlit's own test of an app."""

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from apps.course import course

WAIT = 60  # s: a machine may be busy
PROOF = re.compile(r'class="proof (\w+)">([^<]*)<')


def shown(name: str, **query: str) -> AppTest:
    """The page of that name, opened with these in its address, and run."""

    def script(name: str) -> None:
        from apps.course import frame, lessons

        frame.draw(name, lessons.load(name))

    page = AppTest.from_function(script, args=(name,), default_timeout=WAIT)
    for key, value in query.items():
        page.query_params[key] = value
    return sound(page.run())


def sound(page: AppTest) -> AppTest:
    """The same page, if it came to its end."""
    assert not page.exception, page.exception
    return page


def html(page: AppTest) -> str:
    """All that it says in HTML."""
    return "\n".join(one.proto.body for one in page.get("html"))


def proofs(page: AppTest) -> dict[str, str]:
    """Its badges: what is said, and whether it holds."""
    return {said: state for state, said in PROOF.findall(html(page))}


def settled(page: AppTest) -> dict[str, list[str]]:
    """What its address says."""
    return dict(page.query_params)


@pytest.fixture(scope="session")
def contents() -> Callable[[], AppTest]:
    """Opens the router itself."""

    def opened() -> AppTest:
        return sound(AppTest.from_file(course.__file__, default_timeout=WAIT).run())

    return opened
