"""A small growth record, made by hand: four steps, four directions, six neurons, two heads."""

import pandas as pd

STEPS = [0, 10, 100, 1000]
ONE_EACH = {
    "validation_loss": [7.0, 6.0, 5.0, 4.0],
    "corrupted_loss": [7.0, 6.5, 6.6, 6.2],
    "second_copy_loss": [7.0, 7.0, 7.0, 1.0],
    "final_scale_clean": [1.0, 1.0, 2.0, 2.0],
    "final_scale_corrupted": [1.0, 1.1, 3.2, 6.0],
}
MANY = {
    "singular_value": [[4, 2, 1.8, 0], [4, 2, 1.6, 0], [8, 4, 2, 1e-9], [8, 4, 0.9, 1e-9]],
    "null_fraction": [
        [0.1, 0.2, 0.3, 0.1, 0.1, 0.2],
        [0.2, 0.2, 0.3, 0.1, 0.1, 0.2],
        [0.8, 0.7, 0.3, 0.1, 0.2, 0.2],
        [0.9, 0.8, 0.7, 0.1, 0.2, 0.3],
    ],
    "frequency_cosine": [
        [0.0, 0.1, 0.1, 0.1, 0.0, 0.1],
        [0.1, 0.2, 0.8, -0.8, 0.9, 0.1],
        [0.1, 0.2, 0.8, -0.8, 0.9, 0.1],
        [0.1, 0.2, 0.7, -0.7, 0.7, 0.1],
    ],
    "logit_var": [[1.0] * 6, [1.0] * 6, [0.5, 0.5, 1, 1, 1, 1], [0.2, 0.2, 0.2, 1, 1, 1]],
    "weight_norm": [[1.0] * 6, [2.0] * 6, [2.0] * 6, [2.0, 2.1, 2.2, 2.3, 2.4, 2.5]],
    "induction_score": [[0.0, 0.0], [0.0, 0.1], [0.1, 0.1], [0.8, 0.1]],
}


def growth() -> pd.DataFrame:
    rows = [
        (step, measure, index, value)
        for measure, courses in (
            {k: [[v] for v in vs] for k, vs in ONE_EACH.items()} | MANY
        ).items()
        for step, values in zip(STEPS, courses, strict=True)
        for index, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["step", "measure", "index", "value"])
