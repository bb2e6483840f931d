"""Put a finished model into the package's data and record its checksums."""

import hashlib
import json
import shutil
from pathlib import Path

from confidence_neurons.model.bundled import MODELS


def ship_model(directory: Path, name: str, models: Path = MODELS) -> None:
    """Copy the model's files (not the run's) and write their SHA-256 sums."""
    target = models / name
    if not directory.is_dir():
        raise FileNotFoundError(f"expected a directory with a grown model, got {directory}")
    if directory.resolve() == target.resolve():
        raise ValueError(f"expected a model outside the package's data, got {target} itself")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    sums = {}
    for file in sorted(path for path in directory.iterdir() if path.is_file()):
        shutil.copyfile(file, target / file.name)
        sums[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    record = models / "checksums.json"
    checksums = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    checksums[name] = sums
    record.write_text(json.dumps(checksums, indent=2, sort_keys=True) + "\n", encoding="utf-8")
