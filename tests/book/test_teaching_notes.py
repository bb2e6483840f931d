"""A teacher finds times, words and misconceptions where they are needed."""

import pytest

from teaching_notes import Notes

FILE = """
timing = [
    { section = "One slider", minutes = 1, do = "Move it." },
    { section = "Quiz", minutes = 3, do = "In pairs." },
    { section = "Further reading", minutes = 0, do = "At home." },
]

[[misconceptions]]
belief = "All is one."
helps = "Count."

[[slides]]
figure = "1.2"
notes = "Point at it."

[[slides]]
message = 1
notes = "No figure."
"""


@pytest.fixture
def notes(tmp_path):
    (tmp_path / "chapter.toml").write_text(FILE)
    return Notes.of("chapter", tmp_path)


@pytest.mark.parametrize(
    ("told", "below"),
    [
        ("## One slider\n\nText.", ["**1 minute.** Move it."]),
        ("## Further reading", []),
        ("### Quiz", []),
        ("*Figure 1.2.* It is so.", ["**To say.** Point at it."]),
        ("*Figure 1.20.* It is so.", []),
        (
            "## Quiz",
            [
                "**3 minutes.** In pairs.",
                "**Misconceptions**, and what helps:\n\n- *All is one.* Count.",
            ],
        ),
    ],
)
def test_notes_stand_below_what_they_are_for(notes, told, below):
    assert [*notes.below(told)] == below


def test_a_chapter_without_a_file_has_no_notes(tmp_path):
    assert [*Notes.of("none", tmp_path).below("## Quiz")] == []
