"""Lessons: the text is read as it says, and every link of it leads to something that there is."""

import re
from html import escape
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from apps import pages
from apps.kit import lessons
from apps.pages import lessons as page

TEXT = """
# not a part of it
== One and two
About it,
in two lines.

/app/dream/?preset=2  What is seen.
  3 min. What is said
  of it.
/units/  All of them.
"""
ELSEWHERE = ("/units/", "/app/gallery/", "/course/")


def test_a_lesson_is_read_from_its_text():
    (found,) = lessons.read(TEXT)
    assert (found.name, found.title, found.about) == (
        "one-and-two",
        "One and two",
        "About it, in two lines.",
    )
    first, second = found.steps
    assert first == lessons.Step("/app/dream/?preset=2", "What is seen.", 3, "What is said of it.")
    assert second == lessons.Step("/units/", "All of them.")
    assert found.minutes == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/units/ A link.", "Line 1 stands before any"),
        ("== A\n/units/", "Line 2: /units/ has no sentence"),
        ("== A\n/units/ One.\nnotes without spaces", "Line 3 is neither a link nor a note"),
    ],
)
def test_a_line_that_is_none_of_a_lesson_is_named(text: str, said: str):
    with pytest.raises(lessons.LessonError, match=re.escape(said)):
        lessons.read(text)


def test_four_lessons_of_45_minutes_ship():
    found = lessons.shipped().values()
    assert [lesson.title for lesson in found] == [
        "What a network wants to see",
        "Why classifiers are fooled",
        "What survives of a picture",
        "How do you un-spill noise?",
    ]
    assert {lesson.minutes for lesson in found} == {45}
    assert all(step.notes and step.minutes for lesson in found for step in lesson.steps)


@pytest.mark.parametrize(
    "step", [step for one in lessons.shipped().values() for step in one.steps], ids=str
)
def test_every_link_leads_to_a_page_and_a_step_of_its_path(step: lessons.Step):
    address = urlsplit(step.address)
    query = parse_qs(address.query)
    if address.path in ELSEWHERE:
        assert "preset" not in query
        return
    (name,) = re.findall(r"^/app/(\w+)/$", address.path)
    assert 1 <= int(query.get("preset", ["1"])[0]) <= len(pages.load(name).presets)


def test_the_page_lists_them_and_each_step_knows_its_place():
    html = page.html([], "CPU")
    app = FastAPI()
    app.include_router(page.router())
    client = TestClient(app)
    for lesson in lessons.shipped().values():
        assert lesson.title in html
        told = client.get(f"/lessons/{lesson.name}.json").json()
        assert [step["sentence"] for step in told["steps"]] == [s.sentence for s in lesson.steps]
        for at, step in enumerate(told["steps"]):
            query = parse_qs(urlsplit(step["address"]).query)
            assert (query["lesson"], query["at"], query["lecture"]) == (
                [lesson.name],
                [f"{at + 1}"],
                ["1"],
            )
        notes = client.get(f"/lessons/{lesson.name}/notes").text
        assert all(escape(step.notes) in notes for step in lesson.steps)
    refused = client.get("/lessons/none.json")
    assert refused.status_code == 404
    assert "choose from what-a-network-wants-to-see" in refused.json()["sentence"]
