"""What the exercises compare answers with: references, and inputs that tell wrong answers apart."""

from types import EllipsisType

import torch
from jaxtyping import Float, Int
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model
from confidence_neurons.weights.unigram import Unigram
from confidence_neurons_book.frequency_direction import nearness
from confidence_neurons_book.frequency_direction.putting_back import thinned

EXACT = 40  # steps of a bisection
LENGTH, ROWS = 32, 2  # of a reader's own text, at least

# Zeros, ones and ties: whoever forgets to add one, or adds it to zeros only, is found out.
COUNTS = (
    torch.tensor([120, 7, 0, 1, 3000, 15, 1, 0, 44]),
    torch.tensor([1, 0, 0, 0]),
    torch.arange(60).square() % 97,
)


def direction(counts: Int[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
    """The frequency direction of counts."""
    return Unigram.from_counts(counts).direction


def share(
    clean: Float[Tensor, "token d_vocab"],
    changed: Float[Tensor, "token d_vocab"],
    u: Float[Tensor, " d_vocab"],
) -> Float[Tensor, ""]:
    """The frequency-mediated share of an effect on entropy."""
    restored = changed + torch.outer((clean - changed) @ u, u)
    before = cn.entropy(clean)
    left = (cn.entropy(restored) - before).abs().mean()
    return 1 - left / (cn.entropy(changed) - before).abs().mean()


def share_inputs() -> list[tuple[Tensor, Tensor, Tensor]]:
    """Clean and changed logits, and a direction; effects of both signs, neither centred."""
    found = []
    for seed, along, across in ((0, 2.0, 0.3), (1, -1.5, 0.6), (2, 0.4, 1.0)):
        generator = torch.Generator().manual_seed(seed)
        clean = 2 * torch.randn(9, 40, generator=generator) + 3
        u = direction(torch.randint(500, (40,), generator=generator))
        steps = along * torch.randn(9, 1, generator=generator)
        changed = clean + steps * u + across * torch.randn(9, 40, generator=generator) - 1
        found.append((clean, changed, u))
    return found


def temperature(logits: Float[Tensor, "token d_vocab"], entropy: float) -> float:
    """The temperature at which the predictions have this mean entropy."""
    return nearness.temperature(logits, entropy, EXACT)


def temperature_inputs() -> list[tuple[Tensor, float]]:
    """Predictions of very different entropy, to be heated and to be cooled."""
    generator = torch.Generator().manual_seed(0)
    spread = torch.tensor([0.5, 1.0, 3.0, 9.0])[:, None]
    logits = spread * torch.randn(4, 50, generator=generator) + 1
    return [(logits, 3.6), (logits, 1.2), (3 * logits, 3.0)]


def your_text(model: Model, text: str | EllipsisType, unigram: Unigram) -> str:
    """What the chapter's test beside heat says of a reader's own text."""
    if text is ...:
        return "Not answered yet: replace the ... by a text of your own, in quotes."
    try:
        tokens = cn.tokens_from_text(model, text, length=LENGTH)
    except ValueError as error:
        return f"Not yet: {error}"
    if len(tokens) < ROWS:
        return f"Not yet: give at least {ROWS} rows of {LENGTH} tokens, about 50 words."
    state = thinned(cn.run(model, tokens), 1)
    sure, unsure = nearness.thirds(state, cn.read(model, state, "entropy"))
    found = nearness.beside_heat(model, {"yours": unsure}, sure, {"kl": unigram})
    kl = found[found["quantity"] == "kl"].set_index("predictions")["estimate"]
    return (
        f"Your text, least sure third: KL {kl[nearness.AS_IT_IS]:.2f} nats; "
        f"sure predictions, heated: {kl[nearness.HEATED]:.2f}."
    )
