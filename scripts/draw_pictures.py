"""Draw the pictures that the README shows: `.venv/bin/python scripts/draw_pictures.py`."""

from pathlib import Path

import confidence_neurons as cn
from confidence_neurons_book.null_space.occupancy_charts import neuron_chart
from confidence_neurons_book.null_space.spectra import spectrum_table
from confidence_neurons_book.null_space.spectrum_charts import spectrum_chart

PICTURES = Path(__file__).parent.parent / "book" / "_static" / "pictures"
WIDTH, SCALE = 560, 1.5


def main() -> None:
    """Measure `prose` and write one PNG per picture."""
    cn.charts.enable_theme()
    model = cn.load_model("prose")
    space = cn.geometry(model)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, chart in {
        "spectrum": spectrum_chart(spectrum_table(space.spectrum.values, space.k)),
        "neurons": neuron_chart(cn.neuron_weights(model), space.k, model.cfg.d_model),
    }.items():
        chart.properties(width=WIDTH).save(PICTURES / f"{name}.png", scale_factor=SCALE)


if __name__ == "__main__":
    main()
