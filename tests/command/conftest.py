"""The command as a user gives it: in this process, and once as a result that tests look at."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from confidence_neurons.command.app import app
from tiny_models import save_tiny_model

FEW = ["--tokens", "512", "--length", "64"]


def give(*arguments: object, text: str | None = None) -> Result:
    """Give the command with these arguments, and a text on standard input."""
    return CliRunner().invoke(app, [*map(str, arguments)], input=text)


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A result of `prose`, and what was said."""
    place = tmp_path_factory.mktemp("scan") / "prose"
    said = give("scan", "prose", *FEW, "-o", place)
    assert said.exit_code == 0, said.output
    return place, said


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a tiny model that has no counts."""
    place = tmp_path_factory.mktemp("tiny") / "llama"
    save_tiny_model(place, "llama")
    return place


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., str]:
    """Give a command that is refused: what is said. Nothing is written."""

    def check(*arguments: object, code: int = 1, text: str | None = None) -> str:
        before = sorted(tmp_path.rglob("*"))
        result = give(*arguments, text=text)
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        assert sorted(tmp_path.rglob("*")) == before
        told = result.stderr
        if code == 1:
            said = [line.startswith("confidence-neurons: ") for line in told.splitlines()]
            assert said[-1]  # one paragraph, at the end
            assert sum(said) == 1
        return told

    return check
