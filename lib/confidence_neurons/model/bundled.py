"""Where what ships with the library of each model lies, and proof that it is intact.

`data/models/checksums.json` maps each model to its files and their SHA-256
sums. No bundled file is used before its sum has been verified. Of a bundled
model everything ships; of a packaged one, whose weights are fetched, its
records do: card and counts.
"""

import hashlib
import json
from difflib import get_close_matches
from pathlib import Path

from confidence_neurons.model.packaged import PACKAGES

MODELS = Path(__file__).parents[1] / "data" / "models"
REMEDY = "Install confidence-neurons again."
READ_WITHOUT_ASKING = {".json", ".safetensors"}
WEIGHTS = "model.safetensors"


def bundled_names() -> list[str]:
    """Names of the bundled models, sorted; empty if the installation has none."""
    return sorted(name for name, files in _checksums().items() if WEIGHTS in files)


def named_models() -> list[str]:
    """Names of the models that load by their names: bundled ones, then packaged ones."""
    return [*bundled_names(), *sorted(PACKAGES)]


def has_records(name: str) -> bool:
    """Whether records of this model ship with the library: its token counts, for one."""
    return name in _checksums()


def is_bundled(name: str) -> bool:
    """Whether this is the name of a bundled model."""
    return name in bundled_names()


def nearest_names(name: str) -> list[str]:
    """Names of models that look like `name`, the most similar first."""
    return get_close_matches(name.lower(), named_models())


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
            f"the model {name!r} has no {file} here, it has: {', '.join(sorted(listed))}"
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
    """What to say about a name that stands for no model."""
    bundled = ", ".join(map(repr, bundled_names())) or f"none found. {REMEDY}"
    packaged = ", ".join(map(repr, PACKAGES))
    nearest = ", ".join(map(repr, nearest_names(name)))
    question = f" Did you mean {nearest}?" if nearest else ""
    return f"unknown model {name!r}.{question} Bundled models: {bundled}. Fetched once: {packaged}."


def _files_of(name: str) -> dict[str, str]:
    checksums = _checksums()
    if name not in checksums:
        raise ValueError(unknown_name_message(name))
    return checksums[name]


def _checksums() -> dict[str, dict[str, str]]:
    path = MODELS / "checksums.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
