"""Where the bundled models lie, and proof that their files are intact.

`data/models/checksums.json` maps each model to its files and their SHA-256
sums. No bundled file is used before its sum has been verified.
"""

import hashlib
import json
from difflib import get_close_matches
from pathlib import Path

MODELS = Path(__file__).parents[1] / "data" / "models"
REMEDY = "Install confidence-neurons again."
READ_WITHOUT_ASKING = {".json", ".safetensors"}


def bundled_names() -> list[str]:
    """Names of the bundled models, sorted; empty if the installation has none."""
    return sorted(_checksums())


def is_bundled(name: str) -> bool:
    """Whether this is the name of a bundled model."""
    return name in bundled_names()


def nearest_names(name: str) -> list[str]:
    """Bundled names that look like `name`, the most similar first."""
    return get_close_matches(name.lower(), bundled_names())


def verified_directory(name: str) -> Path:
    """Directory of a bundled model, with every file in it verified.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If no bundled model has this name, if a file's SHA-256 differs from the
        record, or if a file that transformers might read has no recorded sum.
    """
    listed = _files_of(name)
    for file in listed:
        verified_file(name, file)
    directory = MODELS / name
    for path in sorted(directory.iterdir()):
        if path.suffix in READ_WITHOUT_ASKING and path.name not in listed:
            raise ValueError(
                f"{path}: this file has no checksum, expected only {', '.join(sorted(listed))}. "
                f"Remove it. {REMEDY}"
            )
    return directory


def verified_file(name: str, file: str) -> Path:
    """Path of one file of a bundled model, after its SHA-256 has been verified.

    Raises
    ------
    FileNotFoundError
        If the file is missing.
    ValueError
        If no bundled model has this name, if the model has no such file, or if
        the file's SHA-256 differs from the record.
    """
    listed = _files_of(str(name))
    if file not in listed:
        raise ValueError(
            f"the bundled model {name!r} has no {file}, it has: {', '.join(sorted(listed))}"
        )
    path = MODELS / name / file
    if not path.is_file():
        raise FileNotFoundError(f"{path}: a file of the bundled model is missing. {REMEDY}")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != listed[file]:
        raise ValueError(
            f"{path}: expected SHA-256 {listed[file]}, got {found}. "
            f"The file is damaged or was changed. {REMEDY}"
        )
    return path


def unknown_name_message(name: str) -> str:
    """What to say about a name that stands for no bundled model."""
    bundled = ", ".join(map(repr, bundled_names())) or f"none found. {REMEDY}"
    nearest = ", ".join(map(repr, nearest_names(name)))
    question = f" Did you mean {nearest}?" if nearest else ""
    return f"unknown model {name!r}.{question} Bundled models: {bundled}."


def _files_of(name: str) -> dict[str, str]:
    checksums = _checksums()
    if name not in checksums:
        raise ValueError(unknown_name_message(name))
    return checksums[name]


def _checksums() -> dict[str, dict[str, str]]:
    path = MODELS / "checksums.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
