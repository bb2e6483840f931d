"""What a scan was asked to do."""

from dataclasses import asdict, dataclass
from typing import Any


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

    def record(self) -> dict[str, Any]:
        """For settings.json."""
        return asdict(self)
