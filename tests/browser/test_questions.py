"""Every prediction and every quiz is answered by the keyboard alone, in light and dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contrast import contrast
from playwright.sync_api import Browser, Page
from visits import MODES, opened

import contents

CHAPTERS = [
    f"{path.stem}.html"
    for path in contents.NOTEBOOKS
    if "01" <= path.stem[:2] <= "06" or "cn-question" in path.read_text("utf-8")
]
CHOICE = ".cn-choice > summary"
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


@pytest.fixture(scope="module", params=CHAPTERS)
def page(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Page]:
    """A chapter, opened once: the tests below answer its questions, then look at the answers."""
    with opened(browser, "desk", offline=True) as (page, _):
        page.goto((site / request.param).as_uri(), wait_until="load")
        yield page


def reach(page: Page, number: int) -> None:
    """Press Tab until the choice has the focus."""
    for _ in range(MAX_TABS):
        if page.evaluate(FOCUSED) == number:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"choice {number} is not reached by the keyboard")


def click_the_unanswered(page: Page) -> None:
    for summary in page.locator(CHOICE).all():
        if not summary.locator(".cn-verdict").count():
            summary.click()
            summary.locator(".cn-verdict").wait_for()


def test_every_question_is_answered_by_the_keyboard(page):
    questions: list[list[bool]] = page.evaluate(CHOICES)
    assert len(questions) >= 3 + 4  # predictions, and a quiz
    page.locator(CHOICE).first.focus()
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


@pytest.mark.parametrize("mode", MODES)
def test_right_and_wrong_are_told_apart_by_sign_word_and_colour(page, mode):
    page.emulate_media(color_scheme=mode)
    page.wait_for_function(f"document.documentElement.dataset.theme === '{mode}'")
    click_the_unanswered(page)
    looks = page.evaluate(LOOKS)
    assert {look["sign"] for look in looks} == {'"\N{CHECK MARK}"', '"\N{BALLOT X}"'}
    for look in looks:
        assert contrast(*look["signs"]) >= 3
        assert contrast(*look["edge"]) >= 3
        assert contrast(*look["verdict"]) >= 4.5


def test_the_mouse_answers_too(browser, site):
    with opened(browser, "phone", offline=True) as (page, trouble):
        page.goto((site / CHAPTERS[0]).as_uri(), wait_until="load")
        click_the_unanswered(page)
        assert page.locator(".cn-right, .cn-wrong").count() == page.locator(CHOICE).count() > 0
        assert trouble.complaints == []


def test_without_the_script_choices_fold_and_unfold(browser, site):
    page = browser.new_page(java_script_enabled=False)
    page.goto((site / CHAPTERS[0]).as_uri(), wait_until="load")
    first = page.locator("details.cn-choice").first
    answer = first.locator("p")
    assert not answer.is_visible()
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert answer.is_visible()
    page.close()
