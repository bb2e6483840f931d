"""Each rule for chapters fails on a notebook that breaks it."""

import copy

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import notebook_rules as rules

SOLUTION = "<details><summary>Solution</summary>\n\nIt is so.\n\n</details>\n"


@pytest.fixture
def good() -> NotebookNode:
    text = (
        "# 1.5 A chapter\n## What you will learn\n## Predict\n"
        "The entropy is **3.71** nats, for $x = 0.5$ and `y = 0.25`, see [2406.1](https://a.b/2.5)."
    )
    code = new_code_cell(
        f"{rules.CHECK_MARK}\nprint('entropy 3.71')",
        execution_count=1,
        outputs=[new_output("stream", name="stdout", text="entropy 3.71\n")],
    )
    end = "## Exercises\n" + 3 * SOLUTION + "## Summary\n## Further reading\n"
    return new_notebook(cells=[new_markdown_cell(text), code, new_markdown_cell(end)])


@pytest.mark.parametrize("rule", rules.RULES)
def test_a_good_chapter_passes(good, rule):
    assert rule(good) == []


def broken(notebook: NotebookNode, cell: int, **changes: object) -> NotebookNode:
    bad = copy.deepcopy(notebook)
    bad.cells[cell].update(changes)
    return bad


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"execution_count": 2}, "expected execution counts"),
        ({"execution_count": None}, "expected execution counts"),
        ({"outputs": []}, "expected stored outputs"),
        (
            {"outputs": [new_output("error", ename="E", evalue="", traceback=[])]},
            "holds an error",
        ),
        ({"outputs": [new_output("stream", name="stderr", text="warned")]}, "wrote to stderr"),
    ],
)
def test_outputs_must_be_those_of_one_clean_run(good, changes, complaint):
    assert any(complaint in c for c in rules.output_execution(broken(good, 1, **changes)))


def test_a_long_cell_is_found(good):
    source = "\n".join(["x = 1"] * (rules.MAX_CODE_LINES + 1))
    assert len(rules.short_cells(broken(good, 1, source=source))) == 1


@pytest.mark.parametrize(
    "markup",
    ["```{note}\nhey\n```", ":::{tip}\nhey\n:::", "see {cite}`stolfo`", "(label)=\n# A", "{eq}`a`"],
)
def test_myst_markup_is_found(good, markup):
    assert len(rules.plain_markdown(broken(good, 0, source=markup))) == 1


@pytest.mark.parametrize("heading", rules.FRAME)
def test_a_missing_section_is_found(good, heading):
    bad = copy.deepcopy(good)
    for cell in bad.cells:
        cell.source = cell.source.replace(f"## {heading}", "## Other")
    assert any(heading in complaint for complaint in rules.frame(bad))


def test_a_missing_solution_is_found(good):
    bad = broken(good, 2, source=good.cells[2].source.replace(SOLUTION, "", 1))
    assert any("hidden solution" in complaint for complaint in rules.frame(bad))


def test_details_without_a_blank_line_are_found(good):
    source = good.cells[2].source.replace("</summary>\n\n", "</summary>\n", 1)
    assert any(
        "blank line" in complaint for complaint in rules.frame(broken(good, 2, source=source))
    )


@pytest.mark.parametrize(
    ("quoted", "printed"),
    [
        ("**3.72**", "3.71"),
        ("**3.7**", "3.71"),
        ("**71**", "3.71"),
        ("**-3.71**", "3.71"),
        ("**3.71**", "13.71"),
        ("**40%**", "40"),
        ("**about 9 nats**", "19 nats"),
        ("**1,200**", "1200"),
    ],
)
def test_a_bold_number_that_is_not_printed_is_found(good, quoted, printed):
    bad = broken(good, 0, source=quoted)
    bad.cells[1].outputs[0].text = printed
    assert len(rules.quoted_numbers(bad)) == 1


@pytest.mark.parametrize(
    ("quoted", "printed"),
    [
        ("**3.71**", "entropy 3.71."),
        ("**3.71 nats**", "[3.71, 2]"),
        ("**-0.5**", "change: -0.5"),
        ("**\N{MINUS SIGN}0.5**", "change: -0.5"),
        ("**40%**", "40% of tokens"),
        ("**1,200**", "1,200 tokens"),
        ("**no number in `x2`**", ""),
    ],
)
def test_a_bold_number_that_is_printed_passes(good, quoted, printed):
    fine = broken(good, 0, source=quoted)
    fine.cells[1].outputs[0].text = printed
    assert rules.quoted_numbers(fine) == []


def test_only_compared_cells_count(good):
    bad = broken(good, 1, source="print('entropy 3.71')")
    assert len(rules.quoted_numbers(bad)) == 1


def test_plain_text_results_of_compared_cells_count(good):
    result = new_output("execute_result", data={"text/plain": "3.71"}, execution_count=1)
    assert rules.quoted_numbers(broken(good, 1, outputs=[result])) == []


@pytest.mark.parametrize("text", ["It is 3.71 nats.", "(0.5)", "40% of it", "- 2.5", "| 1,200.5 |"])
def test_a_loose_number_is_found(good, text):
    assert len(rules.loose_numbers(broken(good, 0, source=text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "chapter 2, 60 minutes, 2,048 tokens",
        "$0.5$ and $$\n0.5\n$$",
        "`0.5`",
        "```python\nx = 0.5\n```",
        "[arXiv 2406.16254](https://arxiv.org/abs/2406.16254)",
        "<https://arxiv.org/abs/2406.16254>",
        "## 2.1 Spectra",
        '<img width="0.5">',
        "**0.5**",
        "GPT-2, version 1.2.3",
    ],
)
def test_numbers_outside_the_prose_are_left_alone(good, text):
    assert rules.loose_numbers(broken(good, 0, source=text)) == []
