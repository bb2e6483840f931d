import subprocess
import sys
import time

import pytest
import typer

from command.conftest import give
from confidence_neurons import __version__
from confidence_neurons.command.options import in_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("900MB", 900_000_000),
        ("2GiB", 2**31),
        ("1.5 GB", 1_500_000_000),
        ("512k", 512_000),
        ("1e9", 10**9),
        ("4096", 4096),
    ],
)
def test_sizes(text, size):
    assert in_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1GB", "1TBB", "GB", "1e30", "1..5GB", "nan"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(typer.BadParameter, match="900MB"):
        in_bytes(text)


def test_help_names_every_command_and_every_option():
    overview = give("--help")
    assert overview.exit_code == 0
    assert all(command in overview.stdout for command in ("scan", "compare", "fetch", "collect"))
    told = give("scan", "--help").stdout
    options = "revision text tokens length layer counts method device dtype memory-budget seed"
    assert all(f"--{option}" in told for option in options.split())


def test_the_version():
    assert give("--version").stdout == f"confidence-neurons {__version__}\n"


def test_help_needs_no_library_and_little_time():
    begun = time.perf_counter()
    code = (
        "import sys; from confidence_neurons.command.app import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'torch', 'pandas', 'altair', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    assert time.perf_counter() - begun < 3  # a third of a second on a machine at rest
