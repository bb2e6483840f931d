"""Does a grown model show what the book is about? One row per phenomenon."""

from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.engine.scan import scan
from confidence_neurons.groups.finding import LN_MEDIATED, find_groups
from confidence_neurons.groups.names import ENTROPY, FREQUENCY
from confidence_neurons.groups.recorded import GROWN, Found
from confidence_neurons.growing.records import CORRUPTION, PERIOD, mean_readings, repeat_losses
from confidence_neurons.induction.scores import head_scores
from confidence_neurons.model.ends import Model
from confidence_neurons.text.altered import corrupt, repeated_random
from confidence_neurons.text.reading import prose_tokens
from confidence_neurons.weights.spectrum import exact_null_directions, spectrum
from confidence_neurons.weights.unembedding import effective_unembedding

SEQUENCES = 8
NULL_SHARE_OF_MEDIAN = 0.25


def measure_phenomena(
    model: TransformerBridge, counts: Int[Tensor, " d_vocab"], sequences: int = SEQUENCES
) -> dict[str, float]:
    """Measure null space, entropy and frequency neurons, induction and loss.

    Text: the book's own passages, clean and with half of the tokens replaced
    by unigram draws, and repeated random tokens. Entropy neurons and token
    frequency neurons are those of `find_groups` on the corrupted text.

    Parameters
    ----------
    model : TransformerBridge
        From `load_model`.
    counts : Int[Tensor, "d_vocab"]
        Of the tokens of its training text.
    sequences : int
        Rows of each kind of text.

    Returns
    -------
    dict[str, float]
        Phenomenon -> number; losses in nats a token.
    """
    clean = prose_tokens(model, count=sequences)
    awake = scan(model, corrupt(clean, CORRUPTION, counts, seed=0), counts=counts)
    asleep = scan(model, clean, counts=counts)
    groups = find_groups(awake)
    strongest = awake["entropy_total"] >= awake["entropy_total"].quantile(0.95)
    strong_on_clean = asleep["entropy_total"] >= asleep["entropy_total"].quantile(0.9)
    mediated = strong_on_clean & (asleep["entropy_ln_mediated"] > LN_MEDIATED)
    repeated = repeated_random(model.cfg.d_vocab, PERIOD, count=sequences, seed=0)
    first, second = repeat_losses(model, repeated, PERIOD)
    return {
        **null_space_summary(model),
        "entropy neurons": len(groups[ENTROPY]),
        "entropy neurons among the strongest 5 %": len(
            set(groups[ENTROPY]) & set(awake.loc[strongest, "neuron"])
        ),
        "LN-mediated among the strongest tenth on clean text": int(mediated.sum()),
        "frequency neurons": len(groups[FREQUENCY]),
        "best induction score": float(head_scores(model, repeated, PERIOD)["induction"].max()),
        "loss on the first copy": first,
        "loss on the second copy": second,
        "loss on the book's passages": float(mean_readings(model, prose_tokens(model))["loss"]),
    }


def groups_record(
    model: Model, counts: Int[Tensor, " d_vocab"], recipe: Found = GROWN
) -> dict[str, str | dict[str, list[int]]]:
    """The groups that `recorded_groups` gives, found by its recipe, and the recipe in words."""
    rows = prose_tokens(model, length=recipe.length)[:: recipe.every]
    if recipe.corrupted:
        rows = corrupt(rows, recipe.corrupted, counts, seed=recipe.seed)
    neurons = scan(model, rows, method="second-order", counts=counts, k=recipe.k)
    return {"recipe": recipe.in_words, "groups": find_groups(neurons)}


def null_space_summary(model: TransformerBridge) -> dict[str, float]:
    """Learned null directions and the gap above them.

    A learned null direction has a singular value below a quarter of the
    median, but not zero; the gap is the ratio of the next singular value to
    the largest null one.
    """
    values = spectrum(effective_unembedding(model)).values
    exact = exact_null_directions(values)
    other = values[: len(values) - exact]
    heard = int((other >= NULL_SHARE_OF_MEDIAN * values.median()).sum())
    learned = len(other) - heard
    return {
        "exact null directions": exact,
        "learned null directions": learned,
        "gap above them": float(values[heard - 1] / values[heard]) if learned else float("nan"),
    }
