"""The settings: every run by name, in their order; what is wrong in them is said."""

import pytest

from confidence_neurons.growing.settings import chosen_runs, read_settings

TEXT = """
[first]
about = "One question."
seeds = 2
[first.recipe]
vocab_size = 300
d_model = 16
n_heads = 2
[first.arms]
plain = {}
longer = { steps = 20, noise = ["digits", "hex"] }
once = { seeds = 1 }

[second]
about = "Another one."
seeds = 1
[second.language]
content = 10
rank = 3
[second.recipe]
d_model = 16
n_heads = 2
[second.arms]
copies = { language = { copying = 0.1 }, tied = false }
"""


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "settings.toml").write_text(TEXT)
    return tmp_path / "settings.toml"


def test_arms_change_the_recipe_that_they_share(settings):
    first = read_settings(settings)["first"]
    assert first.about == "One question."
    assert first.arms == ["plain", "longer", "once"]
    assert [run.name for run in first.runs] == [
        "first/plain-0",
        "first/plain-1",
        "first/longer-0",
        "first/longer-1",
        "first/once-0",
    ]
    plain, longer = first.runs[1].recipe, first.runs[3].recipe
    assert (plain.d_model, plain.seed, plain.noise) == (16, 1, ("unigram",))
    assert (longer.d_model, longer.seed, longer.steps) == (16, 1, 20)
    assert longer.noise == ("digits", "hex")


def test_a_language_decides_the_vocabulary(settings):
    (run,) = read_settings(settings)["second"].runs
    assert run.language is not None
    assert (run.language.content, run.language.copying) == (10, 0.1)
    assert run.recipe.vocab_size == run.language.d_vocab == 14
    assert not run.recipe.tied


def test_the_first_seed_of_every_arm_comes_first(settings):
    names = [run.name for run in chosen_runs(read_settings(settings))]
    assert names == [
        "first/plain-0",
        "first/longer-0",
        "first/once-0",
        "second/copies-0",
        "first/plain-1",
        "first/longer-1",
    ]


@pytest.mark.parametrize(
    ("wanted", "count"), [(["second"], 1), (["first/longer"], 2), (["first/once", "second"], 2)]
)
def test_questions_and_arms_are_chosen_by_name(settings, wanted, count):
    assert len(list(chosen_runs(read_settings(settings), wanted))) == count


def test_a_question_that_is_not_there_is_named(settings):
    with pytest.raises(ValueError, match=r"got first/none: there are first, first/longer"):
        list(chosen_runs(read_settings(settings), ["first/none"]))


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        ("steps = 20", "stepz = 20", r"first/longer: expected knobs of a Recipe .* got stepz"),
        ("copying = 0.1", "copies = 1", r"second/copies: expected knobs of a Language"),
        ("rank = 3", "rank = 30", "rank from 1"),
        ("steps = 20", "steps = ", "expected TOML"),
        ("steps = 20", "corrupted_share = 1.2", "corrupted_share"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, was, becomes, message):
    settings.write_text(TEXT.replace(was, becomes))
    with pytest.raises(ValueError, match=message):
        read_settings(settings)


def test_the_experiments_ask_what_the_chapter_shows():
    questions = read_settings()
    assert list(questions) == ["which-noise", "where", "breaks"]
    for question in questions.values():
        assert question.about.endswith("?")
        seeds = [[run.recipe.seed for run in question.runs if run.arm == a] for a in question.arms]
        assert all(len(of_arm) >= 3 for of_arm in seeds)
    live = [run for run in questions["where"].runs if run.arm == "live"]
    assert len(live) == 10
    rates = [run.language.broken for run in questions["breaks"].runs if run.language]
    assert sorted(set(rates)) == [0.0, 0.03, 0.1, 0.3]
