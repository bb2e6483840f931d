"""Each rule for chapters fails on a notebook that breaks it."""

import copy

import pytest
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import marked
import notebook_rules as rules

SKETCH = "<details><summary>A sketch</summary>\n\nIt is so.\n\n</details>\n"
MARKED = "def f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION"
TAGS = (marked.SOLUTION, rules.FOLDED)
INTRODUCTION = """# 1.5 A chapter
## What you will learn
**Reading time:** about 9 minutes.

**What you can skip:** nothing.

> **Limits.** One model.

The entropy is **3.71** nats, for $x = 0.5$ and `y = 0.25`, see [2406.1](https://a.b/2.5)."""
CAPTION = "*Figure 1.1.* It is **3.71** nats.\n\n> **For doubters.** It is so.\n"
END = "## Quiz\n## Exercises\n" + SKETCH + "## Summary\n## Further reading\n"
TOLD, PRINTS, CHART, BELOW, TABLE, ASKED, LAST = 0, 1, 2, 3, 4, 5, -1


def code(count: int, source: str, tags: list[str], data: dict[str, str]) -> NotebookNode:
    result = new_output("execute_result", data=data, execution_count=count)
    return new_code_cell(source, execution_count=count, metadata={"tags": tags}, outputs=[result])


def solution_cell(source: str, *tags: str, count: int = 10) -> NotebookNode:
    return new_code_cell(source, execution_count=count, metadata={"tags": list(tags)})


def chart() -> NotebookNode:
    return code(2, "chart", [rules.FOLDED], {"text/html": "vega", "text/plain": "A chart"})


@pytest.fixture
def good() -> NotebookNode:
    prints = new_code_cell(
        "print('entropy 3.71')",
        execution_count=1,
        metadata={"tags": [rules.CHECKED]},
        outputs=[new_output("stream", name="stdout", text="entropy 3.71\n")],
    )
    table = code(
        3,
        "table(frame)",
        [rules.FOLDED, rules.CHECKED],
        {"text/html": '<table class="cn-table">', "text/plain": "entropy 3.71"},
    )
    asks = [
        code(count, "ask()", [rules.ASKS], {"text/html": "<div>", "text/plain": "Right? **3.71**"})
        for count in range(4, 8)
    ]
    told = [new_markdown_cell(text) for text in (INTRODUCTION, CAPTION, END)]
    solved = [solution_cell(MARKED, *TAGS, count=count) for count in (8, 9)]
    return new_notebook(cells=[told[0], prints, chart(), told[1], table, *asks, *solved, told[2]])


@pytest.mark.parametrize("rule", rules.RULES)
def test_a_good_chapter_passes(good, rule):
    assert rule(good) == []


def broken(notebook: NotebookNode, cell: int, **changes: object) -> NotebookNode:
    bad = copy.deepcopy(notebook)
    bad.cells[cell].update(changes)
    return bad


def only(notebook: NotebookNode, printed: str) -> NotebookNode:
    """The text, and the one cell that prints."""
    short = new_notebook(cells=copy.deepcopy(notebook.cells[: PRINTS + 1]))
    short.cells[PRINTS].outputs[0].text = printed
    return short


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"execution_count": 2}, "expected execution counts"),
        ({"execution_count": None}, "expected execution counts"),
        (
            {"outputs": [new_output("error", ename="E", evalue="", traceback=[])]},
            "holds an error",
        ),
        ({"outputs": [new_output("stream", name="stderr", text="warned")]}, "wrote to stderr"),
    ],
)
def test_outputs_must_be_those_of_one_clean_run(good, changes, complaint):
    assert any(complaint in c for c in rules.output_execution(broken(good, PRINTS, **changes)))


def test_a_notebook_without_outputs_is_found(good):
    for _, cell in rules.code_cells(good):
        cell.outputs = []
    assert any("expected stored outputs" in c for c in rules.output_execution(good))


def test_a_long_cell_is_found(good):
    source = "\n".join(["x = 1"] * (rules.MAX_CODE_LINES + 1))
    assert len(rules.short_cells(broken(good, PRINTS, source=source))) == 1


@pytest.mark.parametrize(
    "markup",
    ["```{note}\nhey\n```", ":::{tip}\nhey\n:::", "see {cite}`stolfo`", "(label)=\n# A", "{eq}`a`"],
)
def test_myst_markup_is_found(good, markup):
    assert len(rules.plain_markdown(broken(good, TOLD, source=markup))) == 1


@pytest.mark.parametrize("heading", rules.FRAME)
def test_a_missing_section_is_found(good, heading):
    bad = copy.deepcopy(good)
    for cell in bad.cells:
        cell.source = cell.source.replace(f"## {heading}", "## Other")
    assert any(heading in complaint for complaint in rules.frame(bad))


@pytest.mark.parametrize("opening", [*rules.BOXES, *rules.SAYS])
def test_a_missing_box_or_promise_is_found(good, opening):
    bad = copy.deepcopy(good)
    for cell in bad.cells:
        cell.source = cell.source.replace(opening, f"Here, {opening}")
    assert [c for c in rules.frame(bad) if repr(opening) in c] == rules.frame(bad) != []


def test_a_missing_prediction_is_found(good):
    assert any("3 predictions" in c for c in rules.frame(broken(good, ASKED, metadata={})))


@pytest.mark.parametrize(
    ("cell", "changes", "got"),
    [
        (LAST, {"source": END.replace(SKETCH, "")}, "2 solutions and 0 sketches"),
        (LAST - 1, {"metadata": {}}, "1 solutions and 1 sketches"),
    ],
)
def test_too_few_exercises_are_found(good, cell, changes, got):
    assert any(got in complaint for complaint in rules.frame(broken(good, cell, **changes)))


@pytest.mark.parametrize(
    ("whole", "half", "complaint"),
    [("</summary>\n\n", "</summary>\n", "blank line"), ("</details>", "", "unequally often")],
)
def test_details_that_do_not_open_are_found(good, whole, half, complaint):
    source = good.cells[LAST].source.replace(whole, half, 1)
    assert any(complaint in c for c in rules.folds(broken(good, LAST, source=source)))


@pytest.mark.parametrize(
    "below",
    [
        "The chart shows it.",
        "*Figure 1.2.* It is so.",
        "*Figure 1.1*. It is so.",
        "*Figure 1.1.*",
        "Now.\n\n*Figure 1.1.* It is so.",
    ],
)
def test_a_chart_without_its_caption_is_found(good, below):
    assert len(rules.captions(broken(good, BELOW, source=below))) == 1


def test_captions_are_of_one_chapter_and_counted():
    def two(second: str) -> NotebookNode:
        both = [CAPTION, second]
        cells = [cell for text in both for cell in (chart(), new_markdown_cell(text))]
        return new_notebook(cells=cells)

    assert rules.captions(two("*Figure 1.2.* So.")) == []
    for wrong in ("*Figure 1.1.* So.", "*Figure 1.3.* So.", "*Figure 2.2.* So."):
        assert len(rules.captions(two(wrong))) == 1


@pytest.mark.parametrize("kind", ["cn-text", "cn-still"])
def test_a_figure_without_vega_needs_a_caption_too(kind):
    text = code(2, "text", [rules.FOLDED], {"text/html": f'<div class="{kind}" role="figure">'})
    assert len(rules.captions(new_notebook(cells=[text, new_markdown_cell("So.")]))) == 1


def test_a_chart_at_the_end_needs_a_caption_too(good):
    assert len(rules.captions(new_notebook(cells=[good.cells[CHART]]))) == 1


@pytest.mark.parametrize(
    ("cell", "changes", "complaint"),
    [
        (PRINTS, {"source": "# NBVAL_CHECK_OUTPUT\nprint(1)"}, "begins with the comment"),
        (CHART, {"metadata": {}}, "shows a chart"),
        (TABLE, {"metadata": {"tags": [rules.FOLDED]}}, "shows a table"),
        (TABLE, {"metadata": {"tags": [rules.CHECKED]}}, "shows a table"),
    ],
)
def test_what_should_be_a_tag_is_found(good, cell, changes, complaint):
    changes = {name: from_dict(value) for name, value in changes.items()}
    complaints = rules.tagged(broken(good, cell, **changes))
    assert len(complaints) == 1
    assert complaint in complaints[0]


def test_too_much_code_is_found(good):
    lines = "\n".join(["x = 1"] * (rules.MAX_CHAPTER_LINES + 1))
    assert "lines of code" in rules.size(broken(good, PRINTS, source=lines))[0]


def test_too_large_outputs_are_found(good):
    large = new_output("stream", name="stdout", text="x" * (rules.MAX_PAGE_BYTES + 1))
    assert "bytes of outputs" in rules.size(broken(good, PRINTS, outputs=[large]))[0]


def test_words_are_those_of_the_text_and_of_the_questions():
    asked = code(1, "ask()", [rules.ASKS], {"text/plain": "Right? Yes. No."})
    silent = code(2, "print()", [], {"text/plain": "not counted at all"})
    assert rules.words(new_notebook(cells=[new_markdown_cell("## One two"), asked, silent])) == 6


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
    bad = broken(good, TOLD, source=quoted)
    assert len(rules.quoted_numbers(only(bad, printed))) == 1


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
    fine = broken(good, TOLD, source=quoted)
    assert rules.quoted_numbers(only(fine, printed)) == []


def test_only_compared_cells_count(good):
    bad = only(good, "3.71")
    bad.cells[PRINTS].metadata = {}
    assert len(rules.quoted_numbers(bad)) == 1


def test_plain_text_results_of_compared_cells_count(good):
    fine = new_notebook(cells=[good.cells[TOLD], good.cells[TABLE]])
    assert rules.quoted_numbers(fine) == []


def test_numbers_in_answers_to_questions_count(good):
    asked = code(2, "ask()", [rules.ASKS], {"text/plain": "Right. It is **4.2** and 4.3 nats."})
    bad = new_notebook(cells=[good.cells[PRINTS], asked])
    assert len(rules.quoted_numbers(bad)) == 1
    assert len(rules.loose_numbers(bad)) == 1


@pytest.mark.parametrize("text", ["It is 3.71 nats.", "(0.5)", "40% of it", "- 2.5", "| 1,200.5 |"])
def test_a_loose_number_is_found(good, text):
    assert len(rules.loose_numbers(broken(good, TOLD, source=text))) == 1


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
    assert rules.loose_numbers(broken(good, TOLD, source=text)) == []


def test_a_marked_solution_in_a_folded_cell_is_welcome(good):
    good.cells.insert(-1, solution_cell(MARKED, *TAGS))
    assert rules.solutions(good) == []


@pytest.mark.parametrize(
    ("source", "tags"),
    [
        (MARKED, ()),
        (MARKED, TAGS[:1]),
        (MARKED, TAGS[1:]),
        ("def f():\n    return 1", TAGS),
        ("def f():\n    return 1", TAGS[:1]),
    ],
)
def test_markers_without_tags_and_tags_without_markers_are_found(good, source, tags):
    good.cells.insert(-1, solution_cell(source, *tags))
    assert len(rules.solutions(good)) == 1


@pytest.mark.parametrize("tags", [(marked.INSTRUCTOR,), (marked.SOLUTION,)])
def test_text_that_the_site_should_hide_is_found(good, tags):
    good.cells.append(new_markdown_cell("For some alone.", metadata={"tags": list(tags)}))
    assert len(rules.solutions(good)) == 1


def test_what_only_instructors_read_quotes_no_numbers_and_counts_no_words(good):
    before = rules.words(good)
    text = "Takes **12** minutes, or 0.5 hours."
    metadata = {"tags": [marked.INSTRUCTOR, rules.HIDDEN]}
    good.cells.append(new_markdown_cell(text, metadata=metadata))
    assert rules.words(good) == before
    assert rules.quoted_numbers(good) == rules.loose_numbers(good) == rules.solutions(good) == []


def test_the_lines_of_a_solution_do_not_count(good):
    long = MARKED.replace("return 1", "\n    ".join(["x = 1"] * rules.MAX_CHAPTER_LINES))
    good.cells.insert(-1, solution_cell(long, *TAGS))
    assert rules.short_cells(good) == rules.size(good) == []
