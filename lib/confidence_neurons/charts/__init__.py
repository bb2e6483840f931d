"""Charts of the measurements: tidy frames in, Altair charts out."""

from confidence_neurons.charts.theme import enable_theme

__all__ = ["enable_theme"]
