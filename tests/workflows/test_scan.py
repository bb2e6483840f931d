"""Two workers on five tiny models, one of them broken: killed in the middle, and run again."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import psutil
import pytest
import yaml
from typer.testing import CliRunner

from collect import collect
from confidence_neurons.command.app import app
from tiny_models import save_tiny_model
from units import units_of

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "workflows/scan"
SNAKEMAKE = ROOT / ".venv/snakemake/bin/snakemake"
MODELS = {
    "gpt2": ("gpt2-tied", 0),
    "neox": ("neox-serial", 0),
    "broken": ("llama", 0),
    "llama-1": ("llama", 1),
    "llama-2": ("llama", 2),
}
BROKEN = "broken"
DIFFERS = ["seconds", "peak_memory_mb"]  # from run to run
PATIENCE = 300  # seconds
JOB = re.compile(r"rule scan:\n.*?jobid: (\d+)\n.*?wildcards: unit=(\S+)\n", re.DOTALL)


@dataclass
class Story:
    """What happened: a first run that was killed, a second one that ended."""

    place: Path
    finished: set[str]
    begun: set[str]
    redone: set[str]
    code: int

    @property
    def results(self) -> Path:
        return self.place / "results"


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    if not SNAKEMAKE.exists():
        pytest.fail(f"expected Snakemake as {SNAKEMAKE}, it is not there: run make workflow")
    place = tmp_path_factory.mktemp("scans")
    write_models(place)
    write_configuration(place, MODELS)
    first = kill_in_the_middle(place)
    assert run(place, "--unlock")[0] == 0
    code, second = run(place)
    jobs, finished = dict(JOB.findall(first)), re.findall(r"Finished jobid: (\d+) ", first)
    return Story(
        place,
        finished={jobs[number] for number in finished},
        begun=set(jobs.values()),
        redone={unit for _, unit in JOB.findall(second)},
        code=code,
    )


def write_models(place: Path) -> None:
    for name, (architecture, seed) in MODELS.items():
        save_tiny_model(place / "models" / name, architecture, seed)
    (place / "models" / BROKEN / "model.safetensors").write_bytes(b"no weights")


def write_configuration(place: Path, names) -> None:
    entries = [
        {"model": f"models/{name}", "name": name.partition("-")[0]}
        | ({"step": int(name[-1])} if "-" in name else {})
        for name in names
    ]
    config = {
        "python": sys.executable,
        "defaults": {"tokens": 96, "k": 2, "mem_mb": 100},
        "models": entries,
    }
    (place / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def command(*more: str) -> list[str]:
    profile = WORKFLOW / "profiles/laptop"
    return [
        str(SNAKEMAKE),
        "--snakefile",
        f"{WORKFLOW}/Snakefile",
        "--profile",
        f"{profile}",
        *more,
    ]


def run(place: Path, *more: str) -> tuple[int, str]:
    done = subprocess.run(
        command(*more),
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout


def kill_in_the_middle(place: Path) -> str:
    """Kill everything once a unit is finished and another one is at work; what was said so far."""
    said = place / "first.log"
    with said.open("w") as file:
        started = subprocess.Popen(
            command(), cwd=place, stdout=file, stderr=file, start_new_session=True
        )
    try:
        until(lambda: "Finished jobid" in said.read_text(), started)
        until(lambda: at_work(place), started)
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()
    alive = [p for p in psutil.process_iter() if str(place) in " ".join(cmdline_of(p))]
    assert not alive
    return said.read_text()


def until(happened, process: subprocess.Popen) -> None:
    patient_until = time.monotonic() + PATIENCE
    while not happened():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < patient_until
        time.sleep(0.05)


def at_work(place: Path) -> bool:
    """Whether a unit has begun that has no result yet."""
    units = (place / "results/units").iterdir()
    return any(not (unit / "scan").exists() for unit in units)


def cmdline_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_second_run_redoes_what_was_not_finished_and_nothing_else(story):
    every = set(units_of(yaml.safe_load((story.place / "config.yaml").read_text())))
    assert story.finished
    assert story.begun - story.finished
    assert story.redone == every - story.finished


def test_the_broken_one_is_told_and_kept_apart(story):
    table = pd.read_csv(story.results / "table.csv").set_index("unit")
    assert story.code == 1
    assert (table["status"].drop(BROKEN) == "measured").all()
    assert re.match(r"failed: .*models/broken: the weights cannot", table.loc[BROKEN, "status"])
    assert "weights cannot be read" in (story.results / f"logs/{BROKEN}.log").read_text()
    assert "the weights cannot" in (story.results / "index.html").read_text()


def test_nothing_half_written_is_left(story):
    assert {path.name for path in (story.results / "units").iterdir()} == {
        "gpt2",
        "neox",
        "llama@step1",
        "llama@step2",
    }
    for unit in (story.results / "units").iterdir():
        assert {path.name for path in unit.iterdir()} == {"scan", ".snakemake_timestamp"}
    assert not list(story.results.rglob("*partial*"))


def test_the_result_is_that_of_scans_that_nothing_disturbed(story, tmp_path, monkeypatch):
    monkeypatch.chdir(story.place)
    units = units_of(yaml.safe_load(Path("config.yaml").read_text()))
    shutil.copy(story.results / "units.json", tmp_path)
    for key, unit in units.items():
        arguments = ["scan", *unit.arguments, "-o", str(tmp_path / "units" / key / "scan")]
        done = CliRunner().invoke(app, arguments)
        (tmp_path / "logs").mkdir(exist_ok=True)
        (tmp_path / f"logs/{key}.log").write_text(done.stderr)
    collect(tmp_path)
    for name in ("table.csv", "groups.csv"):
        one, other = (pd.read_csv(folder / name) for folder in (story.results, tmp_path))
        pd.testing.assert_frame_equal(
            one.drop(columns=DIFFERS, errors="ignore"),
            other.drop(columns=DIFFERS, errors="ignore"),
            rtol=1e-4,
            atol=1e-6,
        )


def test_the_page_has_pictures_of_models_and_of_checkpoints_and_needs_no_network(story):
    page = (story.results / "index.html").read_text()
    specs = re.findall(r'<script type="application/json" id="chart-\d+">(.*?)</script>', page)
    titles = [" ".join(json.loads(spec)["title"]["text"]) for spec in specs]
    assert titles == [
        "How many neurons, model by model",
        "What entropy neurons mediate, model by model",
        "How many neurons, step by step",
        "What entropy neurons mediate, step by step",
    ]
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page.partition("<script>")[0])


def test_without_the_broken_one_nothing_is_done_again_and_the_table_is_new(story):
    place = story.place
    write_configuration(place, [name for name in MODELS if name != BROKEN])
    code, said = run(place)
    assert code == 0, said
    assert not JOB.findall(said)
    assert BROKEN not in set(pd.read_csv(story.results / "table.csv")["unit"])
