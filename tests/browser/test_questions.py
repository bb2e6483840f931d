"""Every prediction and every quiz is answered by the keyboard alone, in light and dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contrast import contrast
from playwright.sync_api import Browser, Page

import contents

CHAPTERS = [
    path.stem
    for path in contents.NOTEBOOKS
    if "01" <= path.stem[:2] <= "06" or "cn-question" in path.read_text("utf-8")
]
PATIENCE_MS = 120_000
MAX_TABS = 120  # from one choice to the next, through the charts between them
FOCUSED = """() => {
  const summary = document.activeElement;
  return summary?.matches(".cn-choice > summary")
    ? [...document.querySelectorAll(".cn-choice > summary")].indexOf(summary) : -1;
}"""
CHOICES = """() => [...document.querySelectorAll(".cn-question")].map((question) =>
  [...question.querySelectorAll(".cn-choice")].map((choice) => choice.dataset.right === "true"))"""
STATE = """(number) => {
  const choice = document.querySelectorAll(".cn-choice")[number];
  const question = choice.closest(".cn-question");
  return {
    open: choice.open,
    others: [...question.querySelectorAll(".cn-choice")].filter(
      (other) => other.open && other !== choice).length,
    marks: choice.className,
    verdict: choice.querySelector(".cn-verdict")?.textContent,
    answer: choice.querySelector("p").innerText.trim().replace(/\\s+/g, " "),
    spoken: question.querySelector("[role=status]").textContent,
    count: question.closest(".cn-quiz")?.querySelector(".cn-count").textContent ?? null,
  };
}"""
LOOKS = """() => {
  const look = (e, before) => getComputedStyle(e, before);
  return [...document.querySelectorAll(".cn-right, .cn-wrong")].map((choice) => {
    const [summary, question] = [choice.querySelector("summary"), choice.closest(".cn-question")];
    const sign = look(summary, "::before");
    return {
      sign: sign.content,
      signs: [sign.color, sign.backgroundColor],
      verdict: [look(choice.querySelector(".cn-verdict")).color, look(choice).backgroundColor],
      edge: [look(choice).borderTopColor, look(question).backgroundColor],
    };
  });
}"""


@pytest.fixture(params=CHAPTERS)
def page(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, offline=True)
    page.set_default_timeout(PATIENCE_MS)
    page.goto((site / f"{request.param}.html").as_uri(), wait_until="load")
    yield page
    page.close()


def reach(page: Page, number: int) -> None:
    """Press Tab until the choice has the focus."""
    for _ in range(MAX_TABS):
        if page.evaluate(FOCUSED) == number:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"choice {number} is not reached by the keyboard")


def test_every_question_is_answered_by_the_keyboard(page):
    questions: list[list[bool]] = page.evaluate(CHOICES)
    assert len(questions) >= 3 + 4  # predictions, and a quiz
    page.locator(".cn-choice > summary").first.focus()
    number, first_tries = 0, 0
    for place, choices in enumerate(questions):
        for turn, right in enumerate(choices):
            reach(page, number)
            page.keyboard.press("Enter" if (place + turn) % 2 else "Space")
            page.wait_for_function(f"({STATE})({number}).verdict")
            seen: dict[str, Any] = page.evaluate(STATE, number)
            assert seen["open"]
            assert seen["others"] == 0
            assert ("cn-right" in seen["marks"]) == right
            assert ("cn-wrong" in seen["marks"]) != right
            assert seen["verdict"] == ("right" if right else "wrong")
            assert seen["answer"].startswith("Right." if right else "No.")
            assert seen["spoken"].startswith(seen["answer"])
            if seen["count"] is not None:
                first_tries += right and turn == 0
                assert seen["spoken"].endswith(seen["count"])
            number += 1
    quiz = page.locator(".cn-quiz .cn-question").count()
    assert page.locator(".cn-count").inner_text() == (
        f"{quiz} of {quiz} answered, {first_tries} right at the first try."
    )


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_right_and_wrong_are_told_apart_by_sign_word_and_colour(page, mode):
    page.emulate_media(color_scheme=mode)
    page.wait_for_function(f"document.documentElement.dataset.theme === '{mode}'")
    for summary in page.locator(".cn-choice > summary").all():
        summary.click()
        summary.locator(".cn-verdict").wait_for()
    looks = page.evaluate(LOOKS)
    assert {look["sign"] for look in looks} == {'"\N{CHECK MARK}"', '"\N{BALLOT X}"'}
    for look in looks:
        assert contrast(*look["signs"]) >= 3
        assert contrast(*look["edge"]) >= 3
        assert contrast(*look["verdict"]) >= 4.5


def test_without_the_script_choices_fold_and_unfold(browser, site):
    page = browser.new_page(java_script_enabled=False)
    page.goto((site / f"{CHAPTERS[0]}.html").as_uri(), wait_until="load")
    first = page.locator("details.cn-choice").first
    answer = first.locator("p")
    assert not answer.is_visible()
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert answer.is_visible()
    page.close()
