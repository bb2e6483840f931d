"""Course plans add up, and give reading and exercises the minutes that the chapters state."""

import pytest

from teaching_kit import kit, plans
from teaching_kit.facts import chapter

PLANS = kit.stored("plans")
SESSIONS = [
    pytest.param(session, id=f"{name}-{session['name']}")
    for name, plan in PLANS.items()
    for session in plan["sessions"]
]
ITEMS = [item for plan in PLANS.values() for each in plan["sessions"] for item in each["items"]]


def test_there_are_four_plans_of_their_lengths():
    lengths = {name: [each["minutes"] for each in plan["sessions"]] for name, plan in PLANS.items()}
    assert list(lengths) == ["lecture", "lab", "workshop", "module"]
    assert lengths["lecture"][0] == 50
    assert lengths["lab"] == [90]
    assert lengths["workshop"] == [90] * 8
    weeks = [each["name"].split(",")[0] for each in PLANS["module"]["sessions"]]
    assert set(weeks) == {"Week 1", "Week 2", "Week 3"}


@pytest.mark.parametrize("session", SESSIONS)
def test_a_session_adds_up(session):
    assert sum(plans.minutes(item) for item in session["items"]) == session["minutes"]


def test_reading_and_exercises_state_no_minutes_of_their_own():
    fixed = [item for item in ITEMS if plans.READ in item or plans.EXERCISE in item]
    assert len(fixed) > 20
    assert [item for item in fixed if "minutes" in item] == []


def test_reading_takes_what_the_chapter_states():
    whole = [item for item in ITEMS if plans.READ in item and "sections" not in item]
    assert whole
    for item in whole:
        assert plans.minutes(item) == chapter(item[plans.READ]).reading


def test_an_exercise_takes_what_it_states():
    given = [item for item in ITEMS if plans.EXERCISE in item]
    for item in given:
        exercise = chapter(item[plans.EXERCISE]).exercises[item["number"] - 1]
        assert exercise.number == item["number"]
        assert plans.minutes(item) == exercise.minutes


def test_to_show_takes_at_least_as_long_as_to_read():
    shown = [item for item in ITEMS if plans.SHOW in item]
    assert shown
    for item in shown:
        assert item["minutes"] >= plans.reading(item[plans.SHOW], item["sections"])


def test_an_exercise_without_minutes_is_refused():
    name = next(n for n in kit.chapters() if chapter(n).exercises[-1].minutes is None)
    item = {plans.EXERCISE: name, "number": len(chapter(name).exercises)}
    with pytest.raises(ValueError, match="states its minutes"):
        plans.minutes(item)


@pytest.mark.parametrize("name", PLANS)
def test_a_table_says_when_each_item_begins(name):
    *_, told = plans.plan(name)
    session = PLANS[name]["sessions"][-1]
    rows = told.splitlines()[2:]
    assert rows[0].startswith("| 0 | ")
    assert rows[-1] == f"| {session['minutes']} | | **end** |"
    assert len(rows) == len(session["items"]) + 1
