"""The playground's own tests, run by Node where it is there, against the library's numbers."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from playground_reference import write_reference

PLAYGROUND = Path(__file__).parents[2] / "playground"
NODE = shutil.which("node")
NO_NODE = "no node found: the playground's numbers are tested in Chromium alone (tests/browser)"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    write_reference(folder)
    return folder


@pytest.mark.skipif(NODE is None, reason=NO_NODE)
@pytest.mark.xdist_group("playground")
@pytest.mark.parametrize("tests", ["numerics", "tokenise", "worker", "speed"])
def test_the_playground_says_what_the_library_says(tests, reference):
    assert NODE is not None
    ran = subprocess.run(
        [NODE, "--test", str(PLAYGROUND / "tests" / f"{tests}.test.mjs")],
        env={**os.environ, "PLAYGROUND_REFERENCE": str(reference)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "# tests 0" not in ran.stdout
