"""Write the versions installed in an environment to constraints.txt.

    python scripts/pin_versions.py DIRECTORY

Needs nothing but Python's own library, since any environment may be asked. A
version without its local part ("2.13.0", not "2.13.0+cpu") also binds the same
version from another index.
"""

import json
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).parent.parent / "constraints.txt"
HEAD = """\
# The versions this book was written and tested with: pip install -c constraints.txt ...
# Constraints only bind what is installed anyway; nothing here is a requirement of its own.
# `make constraints` writes this file.
"""
NOT_PINNED = {"pip", "setuptools"}  # each environment has its own


def installed(environment: Path) -> dict[str, str]:
    """Return the version of each package of an environment, by its name in lower case."""
    command = [environment / "bin/python", "-m", "pip", "list", "--exclude-editable"]
    done = subprocess.run([*command, "--format", "json"], stdout=subprocess.PIPE, check=True)
    packages = {entry["name"]: entry["version"] for entry in json.loads(done.stdout)}
    return {name.lower().replace("_", "-"): version for name, version in packages.items()}


def constraints(versions: dict[str, str]) -> str:
    """Return the text of constraints.txt: each package pinned to its public version."""
    pins = (
        f"{name}=={version.partition('+')[0]}\n"
        for name, version in sorted(versions.items())
        if name not in NOT_PINNED
    )
    return HEAD + "".join(pins)


if __name__ == "__main__":
    CONSTRAINTS.write_text(constraints(installed(Path(sys.argv[1]))), encoding="utf-8")
