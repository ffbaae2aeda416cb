"""A network chosen on a page runs with a layer that it has, or the page says why not."""

import pytest

from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser
CHOICE = "select[data-field=network]"


def test_the_choice_says_what_would_be_fetched(tab: Tab):
    tab.open("/app/features/").moves()  # what is known at once stands there before what is not here
    tab.page.wait_for_function(f"document.querySelector('{CHOICE}').innerText.includes('fetches')")
    texts = tab.page.locator(f"{CHOICE} option").all_text_contents()
    assert texts[:2] == ["EfficientNet-Lite0", "EfficientNet-Lite2"]
    assert "resnet50 (torchvision) · fetches 98 MB once" in texts
    assert tab.page.locator(f"{CHOICE} option:checked").inner_text() == "EfficientNet-Lite0"


def test_a_name_that_is_none_is_said_and_the_run_goes_on(tab: Tab):
    tab.open("/app/dream/").moves()
    tab.page.wait_for_function(f"document.querySelector('{CHOICE}').options.length > 3")
    run = tab.lab("run")
    tab.page.select_option(CHOICE, "")
    name = tab.page.get_by_label("A network of torchvision or timm, by its name")
    name.fill("torchvision/resnet19")
    name.press("Enter")
    tab.page.get_by_text("did you mean torchvision/resnet18").wait_for(timeout=60_000)
    assert tab.lab("run") == run
    assert tab.page.locator(CHOICE).input_value() == "lite0"
    step = tab.lab("step")
    tab.until(f"lab.step > {step}")
