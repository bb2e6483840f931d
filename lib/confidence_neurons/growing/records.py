"""Measure the snapshots of a run: one tidy table of how the model grew."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.growing.export import export_model
from confidence_neurons.growing.preparation import PreparedText
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.growing.snapshots import load_snapshot, snapshot_paths
from confidence_neurons.growing.tokenizer import BOS_ID
from confidence_neurons.induction.scores import induction_scores
from confidence_neurons.measure.outputs import next_token_loss
from confidence_neurons.model.final_norm import FinalNorm
from confidence_neurons.model.loading import load_model
from confidence_neurons.model.state import logits_from_residual, run_final
from confidence_neurons.text.altered import corrupt, repeated_random
from confidence_neurons.text.rows import measured
from confidence_neurons.weights.neurons import neuron_weights
from confidence_neurons.weights.unembedding import (
    choose_null_dimension,
    effective_unembedding,
    logit_var,
    null_fraction,
    spectrum,
    weight_norm,
)
from confidence_neurons.weights.unigram import frequency_cosine

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

    Returns
    -------
    pandas.DataFrame
        Tidy rows `step, measure, index, value`. `index` counts neurons,
        singular values (largest first) or heads (layer * n_heads + head); 0
        where there is one value only. Null fractions use the null dimension of
        the last snapshot throughout, so that they can be compared.
    """
    probe = Probe.from_text(text, recipe)
    paths = snapshot_paths(recipe, directory)
    last = _boot(recipe, text, paths[recipe.steps])
    k = choose_null_dimension(spectrum(effective_unembedding(last)).values)
    frames = []
    for step, path in tqdm(paths.items(), desc=f"measuring {recipe.name}"):
        measures = measure(_boot(recipe, text, path), probe, k)
        for name, values in measures.items():
            frame = pd.DataFrame({"value": values.flatten().double().cpu().numpy()})
            frames.append(frame.rename_axis("index").reset_index().assign(step=step, measure=name))
    columns = ["step", "measure", "index", "value"]
    return pd.DataFrame(pd.concat(frames, ignore_index=True), columns=columns)


def measure(model: TransformerBridge, probe: Probe, k: int) -> dict[str, Float[Tensor, "..."]]:
    """The recorded quantities of one model; losses in nats a token."""
    unembedding = effective_unembedding(model)
    decomposition = spectrum(unembedding)
    w_out = neuron_weights(model)
    first, second = repeat_losses(model, probe.repeated, PERIOD)
    return {
        "validation_loss": mean_loss(model, probe.clean),
        "corrupted_loss": mean_loss(model, probe.corrupted),
        "first_copy_loss": first,
        "second_copy_loss": second,
        "null_dimension": torch.tensor(float(k)),
        "singular_value": decomposition.values,
        "weight_norm": weight_norm(w_out),
        "logit_var": logit_var(w_out, unembedding),
        "null_fraction": null_fraction(w_out, decomposition.null_space(k)),
        "frequency_cosine": frequency_cosine(w_out, unembedding, probe.counts),
        "induction_score": induction_scores(model, probe.repeated, PERIOD),
        "final_scale_clean": mean_scale(model, probe.clean),
        "final_scale_corrupted": mean_scale(model, probe.corrupted),
    }


def mean_loss(model: TransformerBridge, tokens: Int[Tensor, "batch position"]) -> Float[Tensor, ""]:
    """Mean next-token loss over all but the first and the last position."""
    return _losses(model, tokens)[:, 1:].mean()


def repeat_losses(
    model: TransformerBridge, tokens: Int[Tensor, "batch position"], period: int
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Mean loss on the first and on the second copy of a repeated sequence.

    The token that opens the second copy cannot be foreseen: it counts in
    neither.
    """
    losses = _losses(model, tokens)
    return losses[:, :period].mean(), losses[:, period + 1 : 2 * period].mean()


def mean_scale(
    model: TransformerBridge, tokens: Int[Tensor, "batch position"]
) -> Float[Tensor, ""]:
    """Mean scale of the final norm over the measured positions."""
    residual = run_final(model, tokens).residual
    return measured(FinalNorm.from_model(model).scale(residual).squeeze(-1)).mean()


def _losses(
    model: TransformerBridge, tokens: Int[Tensor, "batch position"]
) -> Float[Tensor, "batch position-1"]:
    residual = run_final(model, tokens).residual
    return torch.cat(
        [
            next_token_loss(logits_from_residual(model, state), row)
            for state, row in zip(residual.split(16), tokens.split(16), strict=True)
        ]
    )


def _boot(recipe: Recipe, text: PreparedText, snapshot: Path) -> TransformerBridge:
    with TemporaryDirectory() as directory:
        export_model(load_snapshot(recipe, snapshot), text.tokenizer, text.counts, Path(directory))
        return load_model(directory, device="cpu")
