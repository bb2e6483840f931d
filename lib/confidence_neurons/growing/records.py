"""Measure the snapshots of a run: one tidy table of how the model grew."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from tqdm import tqdm
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.growing.export import export_model
from confidence_neurons.growing.preparation import PreparedText
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.snapshots import load_snapshot, snapshot_paths
from confidence_neurons.growing.tokenizer import BOS_ID
from confidence_neurons.induction.scores import head_scores
from confidence_neurons.measure.outputs import read
from confidence_neurons.model.loading import load_model
from confidence_neurons.model.state import run
from confidence_neurons.text.altered import corrupt, repeated_random
from confidence_neurons.weights.geometry import geometry, neuron_weights

SEQUENCES = 32
CORRUPTION = 0.5
PERIOD = 64


@dataclass(frozen=True)
class Probe:
    """The token sequences that every snapshot is measured on."""

    clean: Int[Tensor, "batch position"]
    corrupted: Int[Tensor, "batch position"]
    repeated: Int[Tensor, "batch repeated_position"]
    counts: Int[Tensor, " d_vocab"]

    @classmethod
    def from_text(cls, text: PreparedText, recipe: Recipe) -> "Probe":
        """Held-out prose, the same with half its tokens replaced, and random repeats.

        Raises
        ------
        ValueError
            If the held-out text or the recipe's sequences are too short.
        """
        length = recipe.sequence_length - 1
        rows = min(SEQUENCES, len(text.validation) // length)
        if rows < 1:
            raise ValueError(
                f"expected at least {length} tokens held out, got {len(text.validation)}: "
                "give a longer corpus"
            )
        if recipe.sequence_length < 2 * PERIOD + 1:
            raise ValueError(
                f"expected a sequence_length of at least {2 * PERIOD + 1} for the repeats, "
                f"got {recipe.sequence_length}"
            )
        body = torch.from_numpy(text.validation[: rows * length].astype("int64"))
        clean = torch.nn.functional.pad(body.view(rows, length), (1, 0), value=BOS_ID)
        counts = torch.from_numpy(text.counts)
        return cls(
            clean=clean,
            corrupted=corrupt(clean, CORRUPTION, counts, seed=recipe.seed),
            repeated=repeated_random(
                recipe.vocab_size, PERIOD, count=rows, bos=BOS_ID, seed=recipe.seed
            ),
            counts=counts,
        )


def record_growth(recipe: Recipe, text: PreparedText, directory: Path) -> pd.DataFrame:
    """Measure every snapshot under `directory`.

    Parameters
    ----------
    recipe : Recipe
        What was grown.
    text : PreparedText
        From what; its held-out part is measured on.
    directory : Path
        That of the run.

    Returns
    -------
    pd.DataFrame
        Tidy rows `step, measure, index, value`. `index` counts neurons,
        singular values (largest first) or heads (layer * n_heads + head); 0
        where there is one value only. Null fractions use the null dimension of
        the last snapshot throughout, so that they can be compared.
    """
    probe = Probe.from_text(text, recipe)
    paths = snapshot_paths(recipe, directory)
    last = _boot(recipe, text, paths[recipe.steps])
    k = geometry(last, counts=probe.counts).k
    frames = []
    with tqdm(paths.items(), desc=f"measuring {recipe.name}") as progress:
        for step, path in progress:
            measures = measure(_boot(recipe, text, path), probe, k)
            for name, values in measures.items():
                frame = pd.DataFrame({"value": values})
                frames.append(
                    frame.rename_axis("index").reset_index().assign(step=step, measure=name)
                )
    columns = ["step", "measure", "index", "value"]
    return pd.DataFrame(pd.concat(frames, ignore_index=True), columns=columns)


def measure(model: TransformerBridge, probe: Probe, k: int) -> dict[str, np.ndarray]:
    """The recorded quantities of one model; losses in nats a token."""
    space = geometry(model, k=k, counts=probe.counts)
    neurons = neuron_weights(model, k=k, counts=probe.counts).drop(columns="neuron")
    first, second = repeat_losses(model, probe.repeated, PERIOD)
    clean, corrupted = mean_readings(model, probe.clean), mean_readings(model, probe.corrupted)
    measures = {
        "validation_loss": clean["loss"],
        "corrupted_loss": corrupted["loss"],
        "first_copy_loss": first,
        "second_copy_loss": second,
        "null_dimension": k,
        "singular_value": space.spectrum.values.cpu(),
        **neurons,
        "induction_score": head_scores(model, probe.repeated, PERIOD)["induction"],
        "final_scale_clean": clean["scale"],
        "final_scale_corrupted": corrupted["scale"],
    }
    return {name: np.ravel(np.asarray(values, dtype=float)) for name, values in measures.items()}


def mean_readings(model: TransformerBridge, tokens: Int[Tensor, "batch position"]) -> pd.Series:
    """Mean `loss` (nats a token) and `scale` of the final norm over the positions that count."""
    return read(model, run(model, tokens), ("loss", "scale"))[["loss", "scale"]].mean()


def repeat_losses(
    model: TransformerBridge, tokens: Int[Tensor, "batch position"], period: int
) -> tuple[float, float]:
    """Mean loss on the first and on the second copy of a repeated sequence, in nats a token.

    The token that opens the second copy cannot be foreseen: it counts in
    neither.
    """
    with_target = torch.ones_like(tokens, dtype=torch.bool)
    with_target[:, -1] = False
    losses = read(model, run(model, tokens, at=with_target), ("loss",))
    first, second = losses["position"] < period, losses["position"] > period
    return float(losses["loss"][first].mean()), float(losses["loss"][second].mean())


def _boot(recipe: Recipe, text: PreparedText, snapshot: Path) -> TransformerBridge:
    with TemporaryDirectory() as directory:
        export_model(load_snapshot(recipe, snapshot), text.tokenizer, text.counts, Path(directory))
        return load_model(directory, device="cpu")
