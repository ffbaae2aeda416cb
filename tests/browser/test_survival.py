"""What survives stands below the sentence, follows the picture, and is greyed while it moves."""

import pytest

from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser
SMALL = {"canvas": 64, "view": 64, "steps": 500}


def shares(tab: Tab) -> list[str]:
    """What the bars say."""
    return tab.page.locator(".touches .values").all_inner_texts()


def measured(tab: Tab) -> int:
    """Pause, and wait for the first bar and all of them; the step."""
    tab.page.evaluate("lab.pause()")
    tab.rests()
    tab.until("lab.survival()?.step === lab.step && lab.survival().rows.length > 0")
    tab.until("lab.survival().done", timeout=60)
    return tab.lab("step")


def test_bars_appear_after_a_pause_and_change_with_the_picture(tab: Tab):
    tab.open("/app/features/").moves()
    tab.page.evaluate("s => lab.again(s)", {**SMALL, "count": 4})
    tab.until("lab.started.count === 4 && lab.step > 40", timeout=60)
    step = measured(tab)
    panel = tab.page.locator(".survives")
    assert "old" not in (panel.get_attribute("class") or "")
    assert panel.locator(".when").inner_text() == f"at step {step + 1}"
    before = shares(tab)
    assert len(before) == 8
    assert all(text.strip() for text in before)
    height = "i => getComputedStyle(i).getPropertyValue('--kept')"
    kept = tab.lab("survival().rows.map((row) => row.kept.picture)")
    drawn = float(panel.locator("[data-touch=blur] i.mine").evaluate(height))
    assert drawn == pytest.approx(min(1, sum(kept[4]) / 4))

    tab.page.get_by_label("Whose score").select_option("2")
    assert float(panel.locator("[data-touch=blur] i.mine").evaluate(height)) == pytest.approx(
        min(1, kept[4][2])
    )
    panel.locator("[data-touch=noise]").hover()
    assert "Noise of 8 levels" in panel.locator(".left").inner_text()
    panel.locator("[data-touch=blur]").click()
    tab.page.locator(".strengths").wait_for()
    assert panel.locator(".strengths li").count() == 5

    tab.page.evaluate("lab.play()")
    tab.until("lab.state === 'running' && lab.step > lab.survival().step")
    assert "old" in (panel.get_attribute("class") or "")
    tab.until(f"lab.step > {step} + 12", timeout=30)
    assert measured(tab) > step
    assert shares(tab) != before
