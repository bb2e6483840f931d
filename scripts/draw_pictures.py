"""Draw the pictures that the README shows: `.venv/bin/python scripts/draw_pictures.py`."""

from pathlib import Path

from confidence_neurons.charts.theme import enable_theme
from confidence_neurons.model.loading import load_model
from confidence_neurons.weights.unembedding import (
    choose_null_dimension,
    effective_unembedding,
    spectrum,
)
from confidence_neurons_book.null_space.occupancy import neuron_occupancy
from confidence_neurons_book.null_space.occupancy_charts import neuron_chart
from confidence_neurons_book.null_space.spectra import spectrum_table
from confidence_neurons_book.null_space.spectrum_charts import spectrum_chart

PICTURES = Path(__file__).parent.parent / "book" / "_static" / "pictures"
WIDTH, SCALE = 560, 1.5


def main() -> None:
    """Measure `prose` and write one PNG per picture."""
    enable_theme()
    model = load_model("prose")
    found = spectrum(effective_unembedding(model))
    k = choose_null_dimension(found.values)
    neurons = neuron_occupancy(model, found.null_space(k))
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, chart in {
        "spectrum": spectrum_chart(spectrum_table(found.values, k)),
        "neurons": neuron_chart(neurons, k, model.cfg.d_model),
    }.items():
        chart.properties(width=WIDTH).save(PICTURES / f"{name}.png", scale_factor=SCALE)


if __name__ == "__main__":
    main()
