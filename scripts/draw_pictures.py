"""Draw the pictures that the README shows: `.venv/bin/python scripts/draw_pictures.py`."""

from pathlib import Path

from confidence_neurons import load_model
from confidence_neurons.charts import enable_theme
from confidence_neurons.charts.occupancy import neuron_chart
from confidence_neurons.charts.spectrum import spectrum_chart
from confidence_neurons.occupancy import neuron_occupancy
from confidence_neurons.spectra import spectrum_table
from confidence_neurons.unembedding import (
    choose_null_dimension,
    effective_unembedding,
    spectrum,
)

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
