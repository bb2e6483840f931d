"""Every icon is drawn from the web fonts that lie beside the pages."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

ICONS = """async () => {
  await document.fonts.ready;
  return [...document.querySelectorAll("i[class*='fa-']")].filter(
    (icon) => icon.getClientRects().length).map((icon) => {
    const { content, fontFamily, fontWeight } = getComputedStyle(icon, "::before");
    return { sign: content, width: icon.getBoundingClientRect().width,
      loaded: document.fonts.check(`${fontWeight} 16px ${fontFamily}`) };
  });
}"""


@pytest.mark.parametrize("name", ["index", "03-entropy-neurons", "playground"])
def test_icons_are_signs_of_a_loaded_font(browser: Browser, site: Path, name: str):
    page = browser.new_page(viewport={"width": 1280, "height": 900}, offline=True)
    page.goto((site / f"{name}.html").as_uri(), wait_until="load")
    icons = page.evaluate(ICONS)
    page.close()
    assert len(icons) >= 5
    assert all(icon["sign"] != "none" and icon["width"] > 5 and icon["loaded"] for icon in icons)


def test_no_page_loads_the_script_for_icons(site: Path):
    pages = list(site.glob("*.html"))
    assert pages
    assert [page.name for page in pages if "fontawesome.js" in page.read_text("utf-8")] == []
    assert not list(site.glob("_static/scripts/fontawesome.js*"))
