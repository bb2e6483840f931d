"""The playground's page: typed into, turned, shared; from a server and from the disk."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from contrast import contrast
from playwright.sync_api import Browser, Page, expect

PATIENCE_MS = 60_000
READY = ".cn-playground[data-phase=ready]"
MAX_BYTES = 3_000_000
FILES = "_static/playground/"
MANY_CALLS = 15
PAINTED = """(selector) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const painted = (...colours) => {
    canvas.clearRect(0, 0, 1, 1);
    colours.forEach((colour) => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); });
    return `rgb(${[...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).join(", ")})`;
  };
  return [...document.querySelectorAll(selector)].map((element) => {
    const grounds = [];
    for (let e = element; e; e = e.parentElement) {
      grounds.unshift(getComputedStyle(e).backgroundColor);
    }
    return [painted(getComputedStyle(element).color), painted("white", ...grounds)];
  });
}"""
NAMELESS = """() => [...document.querySelectorAll(
  ".cn-playground :is(button, input, select, textarea)")].filter((element) =>
  element.getClientRects().length && !element.ariaLabel && !element.labels?.length
  && !element.textContent.trim()).map((element) => element.outerHTML)"""
FOCUS_SEEN = """() => {
  const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
  return !document.activeElement.closest(".cn-playground")
    || outlineStyle !== "none" || boxShadow !== "none";
}"""
TOPS = """() => [...document.querySelectorAll(".cn-playground section")].map(
  (section) => Math.round(section.getBoundingClientRect().top + scrollY))"""

Opener = Callable[..., Page]


@pytest.fixture(params=["http", "file"])
def base(request: pytest.FixtureRequest, address: str, site: Path) -> str:
    """The address of the playground's page, on a server and on the disk."""
    return f"{address if request.param == 'http' else site.as_uri()}/playground.html"


@pytest.fixture
def visit(browser: Browser) -> Iterator[Opener]:
    """Opens a page and waits for its numbers; no page may complain."""
    pages, complaints = [], []

    def opened(address: str, wait: bool = True, width: int = 1280, **kwargs: Any) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, **kwargs)
        pages.append(page)
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address, wait_until="load")
        if wait:
            settle(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert complaints == []


@pytest.fixture(scope="module")
def kept(browser: Browser, site: Path) -> Iterator[Page]:
    """The page from the disk, opened once for tests that each write a text of their own."""
    page, complaints = browser.new_page(viewport={"width": 1280, "height": 900}), []
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((site / "playground.html").as_uri(), wait_until="load")
    settle(page)
    yield page
    page.close()
    assert complaints == []


@pytest.fixture
def from_disk(site: Path) -> str:
    return (site / "playground.html").as_uri()


def settle(page: Page) -> None:
    page.locator(READY).wait_for()
    page.locator("[data-part=ranking]:not([aria-busy])").wait_for()


def write(page: Page, text: str) -> None:
    """Put a text into the page at once, whatever it is."""
    page.locator("[data-part=text]").evaluate(
        "(e, text) => { e.value = text; e.dispatchEvent(new Event('input')); }", text
    )


def part(page: Page, name: str) -> Any:
    return page.locator(f".cn-columns [data-part={name}], .cn-panel > [data-part={name}]").first


def told(page: Page, name: str) -> float:
    """A number of the page, from the columns above."""
    text = page.locator(f".cn-columns [data-value={name}]").first.text_content() or ""
    return float(text.replace("\N{MINUS SIGN}", "-"))


def changed(page: Page) -> Any:
    """Where the change of the entropy stands, whole."""
    return page.locator(".cn-act .cn-change [data-value=change]")


def pressed(page: Page) -> int:
    """Which token is chosen."""
    chosen = page.locator("[data-part=tokens] [aria-pressed=true]")
    return int((chosen.get_attribute("aria-label") or "").partition(":")[0])


def hold(page: Page, value: float) -> None:
    page.get_by_label("Value, as a number").fill(str(value))
    expect(changed(page)).not_to_have_text("\N{EN DASH}")


def test_it_answers_without_asking_anyone(base, browser, visit):
    asked: list[str] = []
    page = visit("about:blank", wait=False)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(base)
    settle(page)
    folder = base.rpartition("/")[0]
    assert [url for url in asked if not url.startswith((folder, "data:", "blob:"))] == []
    assert not any("prose-no-norm" in url for url in asked)
    assert page.locator(".cn-see tbody tr").count() == 8
    assert page.locator("[data-part=ranking] tbody tr").count() == 12
    rows = page.locator(".cn-see [data-value=p-before]").all_text_contents()
    assert sum(float(row.split()[0]) for row in rows) == pytest.approx(100, abs=0.5)


def test_typing_shows_what_comes_next(base, visit):
    page = visit(base)
    area = part(page, "text")
    area.fill("")
    area.press_sequentially("The old gentleman shook his")
    expect(part(page, "after")).to_contain_text("\N{OPEN BOX}his")
    expect(page.locator(".cn-see tbody tr").first).to_contain_text("\N{OPEN BOX}head")
    assert pressed(page) == page.locator("[data-part=tokens] button").count() - 1


def test_nothing_jumps_while_one_types(from_disk, visit):
    page = visit(from_disk)
    before = page.evaluate(TOPS)
    area = part(page, "text")
    area.press("End")
    for word in (" not", " go", "."):
        area.press_sequentially(word)
        page.wait_for_timeout(400)
        assert page.evaluate(TOPS) == before


def test_tokens_are_chosen_by_arrows_and_by_pressing(from_disk, visit):
    page = visit(from_disk)
    tokens = page.locator("[data-part=tokens] button")
    last = tokens.count() - 1
    tokens.nth(last).focus()
    for key, place in [("ArrowLeft", last - 1), ("Home", 0), ("ArrowUp", 0), ("ArrowRight", 1)]:
        page.keyboard.press(key)
        assert pressed(page) == place
        assert tokens.nth(place).evaluate("(e) => e === document.activeElement")
        assert page.locator("[data-part=tokens] [tabindex='0']").count() == 1
    expect(part(page, "after")).to_contain_text(f"(token 1 of {last})")
    page.keyboard.press("Home")
    expect(part(page, "after")).to_contain_text("the start")
    tokens.nth(2).click()
    expect(part(page, "after")).to_contain_text(f"(token 2 of {last})")
    expect(page.locator("[data-value=next]").first).to_contain_text("rank")
    tokens.nth(2).press("End")
    expect(page.locator("[data-value=next]").first).to_have_text("none, the text ends here")


@pytest.mark.parametrize("colour", ["entropy", "surprisal", "scale", "attention"])
def test_each_colour_is_told_in_words_too(kept, colour):
    write(kept, "The old gentleman shook his head.")
    kept.locator(f"input[value={colour}]").check()
    third = kept.locator("[data-part=tokens] button").nth(3)
    expect(third).to_have_attribute("aria-label", re.compile(rf"^3: .+, {colour} \d"))


def test_attention_is_that_of_the_chosen_head(from_disk, visit):
    page = visit(from_disk)
    page.get_by_label("of head").select_option("0.3")
    expect(page.locator("input[value=attention]")).to_be_checked()
    tokens = page.locator("[data-part=tokens] button")
    before_last = tokens.nth(tokens.count() - 2)
    expect(before_last).to_have_attribute("aria-label", re.compile("attention"))
    shares = [
        float(re.search(r"attention ([\d.]+) %", label or "").group(1))  # type: ignore[union-attr]
        for label in tokens.evaluate_all("(all) => all.map((e) => e.ariaLabel)")
    ]
    assert sum(shares) == pytest.approx(100, abs=1.5)


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("", {"empty"}),
        ("   ", set()),
        ("word " * 3000, {"cut"}),
        ("x" * 5000, {"cut"}),
        (
            "\N{LEFT DOUBLE QUOTATION MARK}Well\N{EM DASH}no\N{RIGHT DOUBLE QUOTATION MARK}",
            {"plain"},
        ),
        ("a \N{GRINNING FACE} b", {"bytes"}),
        ("\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd", {"bytes"}),
        ("a\x07b\x00c", {"control"}),
        ("end<|endoftext|>begin", {"special"}),
    ],
    ids=["empty", "blank", "long", "one word", "curly", "emoji", "hebrew", "control", "special"],
)
def test_odd_texts_are_read_and_said(kept, text, notes):
    page = kept
    write(page, "An even text.")
    expect(page.locator("[data-note]:visible")).to_have_count(0)
    write(page, text)
    page.wait_for_timeout(300)
    for note in notes:
        page.locator(f"[data-note={note}]").wait_for(state="visible")
    settle(page)
    shown = page.locator("[data-note]:visible").evaluate_all(
        "(all) => all.map((e) => e.dataset.note)"
    )
    assert notes <= set(shown)
    assert 1 <= page.locator("[data-part=tokens] button").count() <= 256
    assert page.locator("[data-part=alarm]").is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_broken_characters_are_read_and_said(from_disk, visit):
    page = visit(from_disk)
    page.locator("[data-part=text]").evaluate(
        "(e) => { e.value = 'a\\ud83d b'; e.dispatchEvent(new Event('input')); }"
    )
    page.locator("[data-note=surrogate]").wait_for(state="visible")


def test_the_dial_moves_the_prediction_and_its_parts_add_up(base, visit):
    page = visit(base)
    entropy = told(page, "entropy-before")
    slider = page.get_by_label("Value", exact=True)
    slider.press("End")
    expect(page.locator(".cn-see .cn-turned").first).to_be_visible()
    change, scale, direct = (told(page, name) for name in ("change", "through-scale", "direct"))
    assert change == pytest.approx(scale + direct, abs=0.02)
    assert told(page, "entropy-after") == pytest.approx(entropy + change, abs=0.02)
    assert scale > 1
    page.get_by_label("Freeze the scale").press("Space")
    expect(page.locator(".cn-see [data-value=scale-after]")).to_have_text(
        page.locator(".cn-see [data-value=scale-before]").text_content() or ""
    )
    assert told(page, "entropy-after") == pytest.approx(entropy + direct, abs=0.02)
    page.get_by_role("button", name="Undo the turn").click()
    expect(changed(page)).to_have_text("\N{EN DASH}")
    assert told(page, "entropy-before") == entropy


def test_a_control_stands_beside_and_another_can_be_drawn(from_disk, visit):
    page = visit(f"{from_disk}#neurons=43&value=4")
    control = part(page, "control")
    first, effect = control.text_content(), told(page, "control-change")
    assert abs(effect) < abs(told(page, "change"))
    page.get_by_role("button", name="Another control").click()
    expect(control).not_to_have_text(first or "")
    assert "neuron 43," not in (control.text_content() or "")


def test_a_neuron_is_chosen_from_the_table_or_by_its_number(from_disk, visit):
    page = visit(from_disk)
    first = page.locator("[data-part=ranking] tbody button").first
    number = first.text_content() or ""
    first.press("Enter")
    expect(part(page, "neurons")).to_have_value(number)
    expect(first).to_have_attribute("aria-pressed", "true")
    search = page.get_by_label("Any neuron, by its number")
    search.fill("43")
    search.press("Enter")
    expect(part(page, "neurons")).to_have_value("43")
    search.fill("600")
    search.press("Enter")
    assert not search.evaluate("(e) => e.validity.valid")
    expect(part(page, "neurons")).to_have_value("43")


def test_groups_are_marked_by_shape_and_word(from_disk, visit):
    page = visit(from_disk)
    marks = {
        mark
        for mark in page.locator("[data-part=ranking] [data-value=group]").all_text_contents()
        if mark
    }
    assert marks <= {"\N{BLACK DIAMOND} entropy", "\N{BLACK SQUARE} frequency"}
    assert marks


def test_the_null_space_is_not_read_by_frozen_logits(from_disk, visit):
    page = visit(f"{from_disk}#strength=1")
    null = [told(page, name) for name in ("through-scale", "direct")]
    page.get_by_label("Direction", exact=True).press("Home")
    expect(part(page, "direction-told")).to_contain_text(re.compile("^0, "))
    page.wait_for_timeout(300)
    visible = [told(page, name) for name in ("through-scale", "direct")]
    assert 3 * abs(null[1]) < null[0]
    assert abs(visible[1]) > 3 * abs(null[1])
    box = page.locator("[data-part=spectrum]").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(part(page, "direction-told")).to_contain_text(re.compile("^6[345], "))


def test_the_other_model_is_loaded_when_it_is_asked_for(base, visit):
    page = visit(f"{base}#value=4")
    page.get_by_role("button", name="Load prose-no-norm").click()
    other = page.locator("[data-model=prose-no-norm]")
    other.locator("tbody tr").first.wait_for()
    assert other.locator("[data-value=through-scale]").text_content() == "0.00"
    own = page.locator("[data-model=prose] [data-value=change]")
    assert own.text_content() == changed(page).text_content()
    before = other.locator("[data-value=change]").text_content()
    page.get_by_label("Value, as a number").fill("-2")
    expect(other.locator("[data-value=change]")).not_to_have_text(before or "")
    part(page, "text").fill("Another text")
    expect(other.locator("[data-value=next]")).to_have_text("none, the text ends here")
    page.locator("[data-part=alarm]").wait_for(state="hidden")


SOLUTIONS = {
    "unsure": "value=4",
    "frozen": "value=4&frozen=1&text=" + quote("The captain looked at his watch, and shook his"),
    "scale": None,
    "unnoticed": "strength=1&direction=126&frozen=1",
    "induction": "colour=attention&text="
    + quote(
        "At the gate of the garden stood Tobias Wren, with a lantern in his hand. "
        "Nobody in the house had ever heard of Tobias"
    ),
    "first": "neurons=356&value=6",
}


def solved(page: Page) -> set[str]:
    return set(
        page.locator("[data-challenge].cn-right").evaluate_all(
            "(all) => all.map((e) => e.dataset.challenge)"
        )
    )


def test_no_challenge_is_solved_before_one_plays(from_disk, visit):
    page = visit(from_disk)
    page.wait_for_timeout(500)
    assert solved(page) == set()
    assert page.locator("[data-challenge]").evaluate_all(
        "(all) => all.map((e) => e.dataset.challenge)"
    ) == list(SOLUTIONS)
    for hint in page.locator("[data-challenge] summary").all():
        hint.press("Enter")
    assert page.locator("[data-challenge] details p:visible").count() == len(SOLUTIONS)


@pytest.mark.parametrize("name", [name for name in SOLUTIONS if SOLUTIONS[name]])
def test_a_challenge_is_solved_by_its_solution(from_disk, visit, name):
    page = visit(f"{from_disk}#{SOLUTIONS[name]}")
    page.locator(f"[data-challenge={name}].cn-right").wait_for()
    assert page.locator(f"[data-challenge={name}] [data-part=lesson]").is_visible()
    expect(page.locator("[data-part=toast]")).to_contain_text("Challenge solved")


def test_the_neuron_that_goes_most_through_the_scale_is_found_in_the_table(from_disk, visit):
    page = visit(from_disk)
    column = page.locator("[data-part=ranking] tbody [data-value=through-scale]")
    sizes = [float(text.lstrip("+\N{MINUS SIGN}")) for text in column.all_text_contents()]
    order = sorted(range(len(sizes)), key=lambda place: -sizes[place])
    page.locator("[data-part=how]").first.select_option("mean")
    buttons = page.locator("[data-part=ranking] tbody button")
    buttons.nth(order[1]).click()
    page.wait_for_timeout(500)
    assert "scale" not in solved(page)
    buttons.nth(order[0]).click()
    page.locator("[data-challenge=scale].cn-right").wait_for()


def test_the_address_holds_what_is_set(base, visit):
    page = visit(base)
    part(page, "text").fill("He shook his \N{EM DASH} no & so on")
    page.locator("[data-part=how]").first.select_option("boost")
    hold(page, 2.5)
    page.get_by_label("Freeze the scale").check()
    page.locator("[data-part=tokens] button").nth(2).click()
    page.wait_for_function("location.hash.includes('at=2')")
    page.wait_for_timeout(600)
    again = visit(page.url)
    for name in ("entropy-before", "entropy-after", "change", "control-change"):
        assert told(again, name) == told(page, name), name
    assert part(again, "text").input_value() == "He shook his \N{EM DASH} no & so on"
    assert pressed(again) == 2


@pytest.mark.parametrize(
    ("damaged", "complaint"),
    [
        ("at=-1", "at=-1"),
        ("at=256", "at=256"),
        ("neurons=1,512", "neurons=1,512"),
        ("value=NaN", "value=NaN"),
        ("value=1e9", "value=1e9"),
        ("how=<b>", "how=<b>"),
        ("head=3.0", "head=3.0"),
        ("frozen=yes", "frozen=yes"),
        ("constructor=1", "constructor"),
        ("%E0%A4%A=%", "nothing that this page knows"),
    ],
)
def test_a_damaged_address_is_told_and_the_rest_counts(from_disk, visit, damaged, complaint):
    page = visit(f"{from_disk}#{damaged}&text=Fine")
    alarm = page.locator("[data-part=alarm]")
    expect(alarm).to_be_visible()
    expect(alarm).to_contain_text("The address is damaged.")
    expect(alarm).to_contain_text(complaint)
    assert part(page, "text").input_value() == "Fine"
    part(page, "text").press_sequentially("!")
    expect(alarm).to_be_hidden()


def test_another_address_on_the_same_page_is_read(from_disk, visit):
    page = visit(from_disk)
    page.evaluate("location.hash = '#text=The%20old&value=3'")
    expect(part(page, "after")).to_contain_text("\N{OPEN BOX}old")
    expect(page.get_by_label("Value, as a number")).to_have_value("3")


def test_a_place_on_the_page_is_no_state(from_disk, visit):
    page = visit(f"{from_disk}#main-content")
    hold(page, 3)
    page.evaluate("location.hash = '#share'")
    page.wait_for_timeout(500)
    expect(page.get_by_label("Value, as a number")).to_have_value("3")
    assert page.locator("[data-part=alarm]").is_hidden()


def test_the_lines_of_python_give_the_same_numbers(from_disk, visit, capsys):
    addresses = [
        "#value=3&neurons=43,110&at=5",
        "#how=boost&value=-1.5&neurons=2",
        "#how=mean&neurons=250&strength=0.5&direction=125&frozen=1",
        "#text=&value=2",
    ]
    for address in addresses:
        page = visit(from_disk + address)
        exec(page.locator("[data-part=python]").text_content() or "", {})
        printed = re.findall(r"^0 .*?([\d.]+) +([\d.]+)$", capsys.readouterr().out, re.MULTILINE)
        shown = [
            tuple(told(page, f"{name}-{when}") for name in ("entropy", "scale"))
            for when in ("before", "after")
        ]
        assert len(printed) == 2
        for numbers, expected in zip(printed, shown, strict=True):
            assert [float(number) for number in numbers] == pytest.approx(expected, abs=0.0051)


def test_the_picture_is_saved(from_disk, visit):
    page = visit(f"{from_disk}#value=3&text=a%20%3C%20b%20%26%20c")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as PNG").click()
    data = Path(waiting.value.path()).read_bytes()
    assert waiting.value.suggested_filename == "playground.png"
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert tuple(int.from_bytes(data[at : at + 4], "big") for at in (16, 20)) == (1200, 630)
    assert len(data) > 20_000  # not an empty sheet


def test_address_and_python_are_copied(address, visit):
    page = visit(f"{address}/playground.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    hold(page, 2)
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Copy the address").click()
    expect(page.locator("[data-part=spoken]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == (f"{address}/playground.html#value=2")
    page.get_by_role("button", name="Copy as Python").click()
    page.wait_for_function("navigator.clipboard.readText().then((t) => t.startsWith('import'))")


def test_what_changed_is_spoken_once_the_reader_rests(from_disk, visit):
    page = visit(from_disk)
    page.evaluate("""() => {
      window.spoken = [];
      new MutationObserver(() => spoken.push(
        document.querySelector("[data-part=spoken]").textContent)).observe(
        document.querySelector("[data-part=spoken]"), { childList: true, characterData: true });
    }""")
    slider = page.get_by_label("Value", exact=True)
    for _ in range(MANY_CALLS):
        slider.press("ArrowRight")
    page.wait_for_timeout(1500)
    spoken = page.evaluate("spoken")
    assert 1 <= len(spoken) < MANY_CALLS / 2
    assert re.search(r"entropy [\d.]+ nats, turned [\d.]+; likeliest", spoken[-1])


def test_every_control_has_a_name_and_is_reached_by_tab(from_disk, visit):
    page = visit(from_disk)
    assert page.evaluate(NAMELESS) == []
    part(page, "text").focus()
    reached = set()
    for _ in range(70):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('[data-part]')?.dataset.part"))
        assert page.evaluate(FOCUS_SEEN), page.evaluate("document.activeElement.outerHTML")
    assert {
        "colour", "head", "tokens", "neurons", "how", "slide", "value", "alone", "frozen",
        "ranking", "search", "direction", "strength", "beside", "challenges", "copy-address",
        "copy-python", "save-picture",
    } - {"search"} <= reached  # fmt: skip


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_words_on_coloured_grounds_can_be_read(from_disk, visit, mode):
    page = visit(f"{from_disk}#value=6&neurons=43", color_scheme=mode)
    page.locator("[data-part=tokens] button").evaluate_all(
        "(all) => all.forEach((e) => e.style.setProperty('--share', 1))"
    )
    seen = page.evaluate(
        PAINTED, ".cn-tokens button, .cn-neurons td, .cn-help, .cn-numbers dd, .cn-playground th"
    )
    assert len(seen) > 100
    assert [pair for pair in seen if contrast(*pair) < 4.5] == []


def test_it_fits_a_phone_whatever_is_turned(from_disk, visit):
    address = f"{from_disk}#value=6&strength=2&beside=1&text={'x' * 60}%20{'word%20' * 40}"
    page = visit(address, width=390)
    page.locator("[data-model=prose-no-norm] tbody tr").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.evaluate("""() => [...document.querySelectorAll(".cn-playground *")].filter(
      (e) => e.getClientRects().length && !e.closest(".cn-spoken, pre > *")
        && e.getBoundingClientRect().right > 391).map((e) => e.outerHTML.slice(0, 80))""")
    assert wide == []


def test_without_scripts_the_page_says_so(from_disk, visit):
    page = visit(from_disk, wait=False, java_script_enabled=False)
    assert "scripts are switched off" in page.locator(".cn-playground noscript").inner_text()


@pytest.mark.parametrize(
    ("file", "said"),
    [("playground.js", "This browser cannot run the playground."), ("prose.js", "prose.js")],
)
def test_what_cannot_be_loaded_is_told(base, browser, file, said):
    page = browser.new_page()
    page.context.route(
        f"**/{FILES}{file}*",
        lambda route: route.fulfill(status=404, body="const = new", content_type="text/javascript"),
    )
    page.goto(base)
    expect(page.locator("[data-part=alarm]")).to_contain_text(said, timeout=PATIENCE_MS)
    page.close()


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_what_waits_moves_only_where_motion_is_wanted(from_disk, browser, motion):
    page = browser.new_page(reduced_motion=motion)
    page.route(f"**/{FILES}playground.js*", lambda route: route.abort())
    page.goto(from_disk)
    moves = page.locator("[data-part=tokens]").evaluate("(e) => getComputedStyle(e).animationName")
    assert (moves != "none") == (motion == "no-preference")
    page.close()


def test_no_other_page_knows_of_it(site):
    for page in site.glob("*.html"):
        html = page.read_text(encoding="utf-8")
        loads = set(re.findall(rf'(?:src|href)="{FILES}([\w.-]+)', html))
        expected = {"playground.css", "playground.js"} if page.stem == "playground" else set()
        assert loads - {"embed.js"} == expected, page.name


def test_it_weighs_little(site):
    loaded = ("playground.js", "playground.css", "prose.js")
    files = sum((site / FILES / name).stat().st_size for name in loaded)
    assert files + (site / "playground.html").stat().st_size <= MAX_BYTES


def test_the_landing_page_leads_to_it(site):
    html = (site / "index.html").read_text(encoding="utf-8")
    hero, line = html.index("cn-hero"), html.index('href="playground.html"', html.index("cn-hero"))
    assert hero < line < html.index("cn-doors")
