"""Put a finished model into the package's data and record its checksums."""

import json
import shutil
from pathlib import Path

from confidence_neurons.files import sha256, whole_files
from confidence_neurons.model.bundled import MODELS


def ship_model(directory: Path, name: str, models: Path = MODELS) -> None:
    """Copy the model's files (not the run's) and write their SHA-256 sums.

    Parameters
    ----------
    directory : Path
        Where the model was grown.
    name : str
        Under which it goes into `models`; a model of that name is replaced.
    models : Path
        The package's models, unless a test has others.

    Raises
    ------
    FileNotFoundError
        If there is no such directory.
    ValueError
        If it is the package's own.
    """
    target = models / name
    if not directory.is_dir():
        raise FileNotFoundError(f"expected a directory with a grown model, got {directory}")
    if directory.resolve() == target.resolve():
        raise ValueError(f"expected a model outside the package's data, got {target} itself")
    files = sorted(path for path in directory.iterdir() if path.is_file())
    with whole_files(target) as partial:
        for file in files:
            shutil.copyfile(file, partial / file.name)
    sums = {file.name: sha256(target / file.name) for file in files}
    for old in target.iterdir():
        if old.name not in sums:
            old.unlink()
    record = models / "checksums.json"
    checksums = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    checksums[name] = sums
    with whole_files(models) as partial:
        text = json.dumps(checksums, indent=2, sort_keys=True) + "\n"
        (partial / record.name).write_text(text, encoding="utf-8")
