"""The model card: what was grown, from what, how long it took, what it shows."""

import platform
from importlib.resources import files
from pathlib import Path

import pandas as pd
import torch

from confidence_neurons.files import whole_files
from confidence_neurons.growing.corpus import read_manifest
from confidence_neurons.growing.phenomena import SEQUENCES, measure_phenomena
from confidence_neurons.growing.preparation import PreparedText
from confidence_neurons.growing.recipe import Recipe
from confidence_neurons.model.directory import stored_numbers
from confidence_neurons.model.loading import load_model

TEMPLATE = files("confidence_neurons.growing") / "card_template.md"


def write_card(
    recipe: Recipe, text: PreparedText, growth: pd.DataFrame, seconds: float, directory: Path
) -> None:
    """Measure the exported model in `directory` and write its README.md.

    Parameters
    ----------
    recipe : Recipe
        What it was grown by.
    text : PreparedText
        What it was grown from.
    growth : pd.DataFrame
        From `record_growth`.
    seconds : float
        Of wall-clock time that it took.
    directory : Path
        Where it was exported to.
    """
    model = load_model(directory, device="cpu")
    last = growth[growth["step"] == recipe.steps].groupby("measure")["value"].first()
    phenomena = {
        "loss on held-out prose": last["validation_loss"],
        "loss on the same, half corrupted": last["corrupted_loss"],
        "final scale on held-out prose": last["final_scale_clean"],
        "final scale on the same, half corrupted": last["final_scale_corrupted"],
        **measure_phenomena(model, torch.from_numpy(text.counts)),
    }
    card = TEMPLATE.read_text(encoding="utf-8").format(
        **{**vars(recipe), "tied": "tied" if recipe.tied else "untied"},
        d_mlp=recipe.d_mlp,
        norm=describe_norm(recipe),
        parameters=stored_numbers(directory),
        books=len(read_manifest()),
        training_tokens=len(text.training),
        clean=1 - recipe.corrupted_share - recipe.repeated_share,
        corrupted=recipe.corrupted_share,
        repeated=recipe.repeated_share,
        phase_start=recipe.induction_phase[0],
        phase_end=recipe.induction_phase[1],
        phase_repeated=recipe.induction_phase_repeated_share,
        **describe_settling(recipe),
        tokens_seen=recipe.steps * recipe.tokens_per_step,
        minutes=seconds / 60,
        machine=f"{recipe.threads} core of an {platform.machine()} machine",
        sequences=SEQUENCES,
        snapshots=growth["step"].nunique(),
        rows="\n".join(f"| {name} | {value:.4g} |" for name, value in phenomena.items()),
    )
    with whole_files(directory) as partial:
        (partial / "README.md").write_text(card, encoding="utf-8")


def describe_settling(recipe: Recipe) -> dict[str, str | int]:
    """What the card says of the last part of the run; nothing where there is none."""
    settling = recipe.settling
    if settling is None:
        return {
            "growing_steps": recipe.steps,
            "settling_mixture": "",
            "settling_optimiser": "",
        }
    return {
        "growing_steps": settling.start,
        "settling_mixture": (
            f"\nIn the last {recipe.steps - settling.start:,} steps {settling.corrupted_share:.0%} "
            f"of the sequences are corrupted, most of them\nonly a little (rate "
            f"{recipe.highest_corruption:g} u^{settling.corruption_exponent:g}, u uniform), and "
            f"{settling.repeated_share:.0%} are repeats."
        ),
        "settling_optimiser": (
            f" Then\n{recipe.steps - settling.start:,} steps more, from weights rounded to half "
            f"precision and without the optimiser's past: learning\n"
            f"rate {settling.learning_rate:g}, warm-up {settling.warmup_steps}, cosine to zero."
        ),
    }


def describe_norm(recipe: Recipe) -> str:
    """What the card says of the final norm."""
    if recipe.frozen_scale is None:
        return "LayerNorm"
    return (
        f"LayerNorm whose scale is frozen at {recipe.frozen_scale:g}, written as a huge epsilon "
        "(`final_layer_norm_eps` in config.json) with the gain making up for it"
    )
