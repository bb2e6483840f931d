"""On the package's page each link of the README leads to the repository."""

import re

import pytest

import address
import package_readme
from address import parse
from package_readme import with_whole_links

PAGE = "https://github.com/someone/a-book"
TARGET = re.compile(r"\]\(([^)]*)\)")


@pytest.mark.parametrize(
    ("link", "whole"),
    [
        ("[one](book/01.ipynb)", f"[one]({PAGE}/blob/v1/book/01.ipynb)"),
        ("[part](book/a.md#b)", f"[part]({PAGE}/blob/v1/book/a.md#b)"),
        ("![A chart](book/a.png)", f"![A chart]({PAGE}/raw/v1/book/a.png)"),
        ("[here](#here)", "[here](#here)"),
        ("[paper](https://arxiv.org/abs/2406.16254)", "[paper](https://arxiv.org/abs/2406.16254)"),
    ],
)
def test_a_link_to_a_file_leads_to_the_repository(link, whole):
    assert with_whole_links(f"See {link}, and {link}.", PAGE, "v1") == f"See {whole}, and {whole}."


def test_no_link_of_the_readme_leads_to_a_file_beside_it(bare, monkeypatch):
    monkeypatch.setattr(package_readme, "ROOT", bare)
    address.write(bare, parse(PAGE))
    assert package_readme.main() == 0
    targets = TARGET.findall((bare / "README.md").read_text(encoding="utf-8"))
    assert f"{PAGE}/blob/{address.release_tag(bare)}/LICENSE" in targets
    assert [target for target in targets if not target.startswith("https://")] == []


def test_without_an_address_there_is_no_page_for_the_package(bare, monkeypatch, capsys):
    monkeypatch.setattr(package_readme, "ROOT", bare)
    before = (bare / "README.md").read_bytes()
    assert package_readme.main() == 1
    assert "expected an address" in capsys.readouterr().err
    assert (bare / "README.md").read_bytes() == before
