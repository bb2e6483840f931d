"""Which units a configuration asks for."""

from pathlib import Path

import pytest
import yaml

from units import units_of

WORKFLOW = Path(__file__).parents[2] / "workflows/scan"


def test_each_revision_is_a_unit_with_its_own_files():
    entry = {"model": "org/model", "revisions": ["step1", "step20-tokens5B", "main"]}
    units = units_of({"models": ["prose", entry]})
    assert list(units) == [
        "prose",
        "org--model@step1",
        "org--model@step20-tokens5B",
        "org--model@main",
    ]
    assert [unit.step for unit in units.values()] == [None, 1, 20, None]


def test_directories_can_be_checkpoints_of_one_model():
    entries = [{"model": f"../runs/at-{n}", "name": "mine", "step": n} for n in (100, 200)]
    units = units_of({"models": entries})
    assert list(units) == ["mine@step100", "mine@step200"]
    assert [unit.model for unit in units.values()] == ["../runs/at-100", "../runs/at-200"]


def test_the_training_that_the_readme_follows_has_a_unit_for_each_step():
    readme = (WORKFLOW / "README.md").read_text(encoding="utf-8")
    block = readme.partition("## Follow a training")[2].partition("```yaml")[2].partition("```")[0]
    units = [*units_of(yaml.safe_load(block)).values()]
    steps = [unit.step for unit in units if unit.step is not None]
    assert len(steps) == len(units)
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, 143_000)
    options = ["--revision=step64", "--tokens=4096", "--k=12", "--no-report"]
    assert units[1].arguments == [*options, "EleutherAI/pythia-70m"]


def test_an_entry_overrides_the_defaults():
    config = {
        "defaults": {"tokens": 64, "report": True, "mem_mb": 500},
        "models": ["a", {"model": "b", "revision": "r", "tokens": 32, "memory_budget": "1GB"}],
    }
    first, second = units_of(config).values()
    assert first.arguments == ["--tokens=64", "a"]
    assert second.arguments == ["--revision=r", "--tokens=32", "--memory-budget=1GB", "b"]
    assert first.resources == {"mem_mb": 500, "runtime": 60}


def test_without_a_report_the_command_is_told_so():
    (unit,) = units_of({"models": ["a"]}).values()
    assert unit.arguments == ["--no-report", "a"]


@pytest.mark.parametrize("name", ["/data/a b", "./a", "../a", "-a", "a\\b", "ä"])
def test_files_of_a_unit_have_plain_names(name):
    (key,) = units_of({"models": [name]})
    assert key
    assert not set(key) & set("/\\ ")
    assert not key.startswith((".", "-"))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "models as a list"),
        ({"models": []}, "models as a list"),
        ({"models": [3]}, "entry of models"),
        ({"models": [{"name": "a"}]}, "entry of models"),
        ({"models": ["a", "a"]}, "a more than once"),
        ({"models": [".."]}, "letters or digits"),
        ({"models": [{"model": "a", "token": 3}]}, "got token"),
        ({"models": ["a"], "defaults": {"model": "b"}}, "got model"),
        ({"models": [{"model": "a", "revisions": "main"}]}, "revisions of a as a list"),
    ],
)
def test_what_nobody_can_mean_is_refused(config, message):
    with pytest.raises(ValueError, match=message):
        units_of(config)


def test_the_configuration_that_comes_with_the_workflow_has_units():
    config = yaml.safe_load((WORKFLOW / "config.yaml").read_text(encoding="utf-8"))
    assert "smollm2" in units_of(config)
