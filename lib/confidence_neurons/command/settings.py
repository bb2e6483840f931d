"""What a scan was asked to do."""

from dataclasses import asdict, dataclass
from typing import Any

from confidence_neurons.model.packaged import PACKAGES


@dataclass(frozen=True)
class Settings:
    """The options of one scan; None is what the command then decides itself."""

    model: str
    revision: str | None = None
    text: str | None = None
    tokens: int | None = None
    length: int = 128
    layer: int | None = None
    k: int | None = None
    counts: str | None = None
    method: str | None = None
    device: str | None = None
    dtype: str | None = None
    memory_budget: int | None = None
    seed: int = 0

    @property
    def null_directions(self) -> int | None:
        """How many are counted: as given, or as recorded for a packaged model; None by the gap."""
        package = PACKAGES.get(self.model)
        return package.null_directions if self.k is None and package is not None else self.k

    def record(self) -> dict[str, Any]:
        """For settings.json."""
        return asdict(self)
