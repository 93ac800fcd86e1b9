"""The script that steps through pictures, in a browser."""

from pathlib import Path

import pytest
from making.grids import Grid
from making.stepper import Frame, stepper

ASSETS = Path(__file__).parents[2] / "docs" / "assets"


@pytest.fixture
def opened(browser, tmp_path):
    """Opens three frames, with what a context of the browser takes."""
    body = stepper([Frame([Grid.of([i])], f"frame {i}") for i in range(3)], "it moves")
    style, script = (ASSETS / "grids.css").read_text(), (ASSETS / "stepper.js").read_text()
    page = f"<style>{style}</style><main class='md-typeset'>{body}</main><script>{script}</script>"
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html><meta charset='utf-8'>{page}", encoding="utf-8")

    def open_with(**settings):
        shown = browser.new_context(**settings).new_page()
        shown.goto((tmp_path / "page.html").as_uri())
        return shown

    return open_with


def seen(page):
    return page.locator("li p:visible").all_inner_texts()


def test_without_scripts_all_frames_stand_on_the_page(opened):
    page = opened(java_script_enabled=False)
    assert [p.is_visible() for p in page.locator("li").all()] == [True] * 3
    assert page.locator("button").count() == 0


def test_buttons_and_keys_go_from_frame_to_frame_and_round(opened):
    page = opened()
    shown = [seen(page)]
    for name in ("Next", "Next", "Next", "Previous"):
        page.get_by_role("button", name=name).click()
        shown.append(seen(page))
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home"):
        page.keyboard.press(key)
        shown.append(seen(page))
    assert [said for (said,) in shown] == [f"frame {i}" for i in (0, 1, 2, 0, 2, 0, 1, 0, 2, 0)]
    assert page.get_by_role("group", name="it moves").locator("output").inner_text() == "1 of 3"


def test_it_plays_and_pauses(opened):
    page = opened()
    page.get_by_role("button", name="Play").click()
    assert seen(page) == ["frame 1"]
    page.get_by_role("button", name="Pause").click()
    assert page.get_by_role("button", name="Play").is_visible()


def test_who_wants_less_motion_is_not_offered_any(opened):
    page = opened(reduced_motion="reduce")
    assert page.get_by_role("button").all_inner_texts() == ["Previous", "Next"]
