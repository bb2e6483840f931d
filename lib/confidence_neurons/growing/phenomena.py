"""Does a grown model show what the book is about? One row per phenomenon."""

import pandas as pd
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.engine.scan import scan
from confidence_neurons.groups.finding import entropy_neuron_criteria
from confidence_neurons.growing.records import PERIOD, mean_loss, repeat_losses
from confidence_neurons.induction.scores import induction_scores
from confidence_neurons.text.altered import corrupt, repeated_random
from confidence_neurons.text.reading import prose_tokens
from confidence_neurons.weights.properties import neuron_properties
from confidence_neurons.weights.unembedding import NUMERICAL_ZERO, effective_unembedding, spectrum

SEQUENCES = 8
NULL_SHARE_OF_MEDIAN = 0.25


def measure_phenomena(
    model: TransformerBridge, counts: Int[Tensor, " d_vocab"], sequences: int = SEQUENCES
) -> dict[str, float]:
    """Measure null space, entropy and frequency neurons, induction and loss.

    Text: the book's own passages, clean and with half of the tokens replaced
    by unigram draws, and repeated random tokens. What an entropy neuron is, see
    `entropy_neurons.entropy_neuron_criteria`, on the corrupted text; a
    frequency neuron has a cosine over 0.75 (in absolute value) with the
    frequency direction and more effect on entropy than the median neuron.
    """
    clean = prose_tokens(model, count=sequences)
    corrupted = corrupt(clean, 0.5, counts, seed=0)
    repeated = repeated_random(model.cfg.d_vocab, PERIOD, count=sequences, seed=0)
    first, second = repeat_losses(model, repeated, PERIOD)
    neurons = neuron_table(model, counts, clean, corrupted)
    mediated = neurons.assign(entropy_ln_mediated=neurons["corrupted_ln_mediated"])
    entropy_neurons = entropy_neuron_criteria(mediated)["entropy_neuron"]
    strongest = neurons["corrupted_total"] >= neurons["corrupted_total"].quantile(0.95)
    strong_on_clean = neurons["clean_total"] >= neurons["clean_total"].quantile(0.9)
    mediated_on_clean = strong_on_clean & (neurons["clean_ln_mediated"] > 0.5)
    frequency_neurons = (neurons["frequency_cosine"].abs() > 0.75) & (
        neurons["corrupted_total"] > neurons["corrupted_total"].median()
    )
    return {
        **null_space_summary(model),
        "entropy neurons": _count(entropy_neurons),
        "entropy neurons among the strongest 5 %": _count(entropy_neurons & strongest),
        "LN-mediated among the strongest tenth on clean text": _count(mediated_on_clean),
        "frequency neurons": _count(frequency_neurons),
        "best induction score": induction_scores(model, repeated, PERIOD).max().item(),
        "loss on the first copy": first.item(),
        "loss on the second copy": second.item(),
        "loss on the book's passages": mean_loss(model, prose_tokens(model)).item(),
    }


def null_space_summary(model: TransformerBridge) -> dict[str, float]:
    """Learned null directions and the gap above them.

    A learned null direction has a singular value below a quarter of the
    median, but not zero; the gap is the ratio of the next singular value to
    the largest null one.
    """
    values = spectrum(effective_unembedding(model)).values
    exact = values < NUMERICAL_ZERO * values[0]
    null = (values < NULL_SHARE_OF_MEDIAN * values.median()) & ~exact
    count = int(null.sum())
    last = len(values) - int(exact.sum()) - count
    return {
        "exact null directions": int(exact.sum()),
        "learned null directions": count,
        "gap above them": float(values[last - 1] / values[last]) if count else float("nan"),
    }


def neuron_table(
    model: TransformerBridge,
    counts: Int[Tensor, " d_vocab"],
    clean: Int[Tensor, "batch position"],
    corrupted: Int[Tensor, "batch position"],
) -> pd.DataFrame:
    """Weights and entropy effects of every last-layer neuron, on two kinds of text."""
    frame = neuron_properties(model, counts)
    for kind, tokens in (("clean", clean), ("corrupted", corrupted)):
        effects = scan(model, tokens)
        frame[f"{kind}_total"] = effects["entropy_total"]
        frame[f"{kind}_ln_mediated"] = effects["entropy_ln_mediated"]
    return frame


def _count(neurons: pd.Series | pd.DataFrame) -> int:
    return int(neurons.to_numpy().sum())
