"""The exercises: what is right, inputs that wrong answers fail on, mistakes, hints."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from confidence_neurons.exercises import Exercise
from confidence_neurons.growing import breaking
from confidence_neurons_book.grow_your_own import known


def _predictions(generator: Generator) -> list[tuple[Tensor, Tensor]]:
    """A model with choices of its own, and one that knows the order but is too sure."""
    logits = 2 * torch.randn(2, 6, 9, generator=generator)
    model, best = logits.softmax(dim=-1)
    return [(model, best), ((3 * logits[1]).softmax(dim=-1), best)]


overconfidence = Exercise(
    "grow_your_own.overconfidence",
    reference=known.overconfidence,
    draw=_predictions,
    hints=[
        "Which token does the model choose, and with which probability?",
        "Look the same token up in the optimum's row: that is what was due.",
        "`max(dim=-1)` gives values and places; `gather` picks one place of each row.",
    ],
    mistakes={
        "You took off the probability of the optimum's own first choice. The model may choose "
        "another token: take what the optimum gives to that one.": lambda p, q: (
            p.amax(-1) - q.amax(-1)
        ),
        "The sign is turned: it is above zero where the model is surer than is due.": (
            lambda p, q: -known.overconfidence(p, q)
        ),
        "This is one number for all tokens: leave the mean to whoever asks.": (
            lambda p, q: known.overconfidence(p, q).mean()
        ),
        "This looks at the optimum's first choice in both: begin with the model's.": lambda p, q: (
            p.gather(-1, q.argmax(-1, keepdim=True)).squeeze(-1) - q.amax(-1)
        ),
        "This is the difference of all probabilities: take that of the first choice alone.": (
            lambda p, q: p - q
        ),
    },
)


def _filtered(
    likelihoods: Float[Tensor, "position temperature"], switching: float
) -> Float[Tensor, "position temperature"]:
    count = likelihoods.shape[1]
    belief = torch.full_like(likelihoods[0], 1 / count)
    found = []
    for place, likelihood in enumerate(likelihoods):
        if place:
            belief = (1 - switching) * belief + switching * (1 - belief) / (count - 1)
        belief = belief * likelihood
        belief = belief / belief.sum()
        found.append(belief)
    return torch.stack(found)


def _to_any(likelihoods: Tensor, switching: float) -> Tensor:
    count = likelihoods.shape[1]
    return _filtered(likelihoods, switching * (count - 1) / count)


def _before_token(likelihoods: Tensor, switching: float) -> Tensor:
    count = likelihoods.shape[1]
    after = _filtered(likelihoods, switching)
    moved = (1 - switching) * after + switching * (1 - after) / (count - 1)
    return torch.cat([torch.full_like(after[:1], 1 / count), moved[:-1]])


def _weighted(likelihoods: Tensor, switching: float) -> Tensor:
    belief, found = torch.full_like(likelihoods[0], 1 / likelihoods.shape[1]), []
    for place, likelihood in enumerate(likelihoods):
        if place:
            others = (belief.sum() - belief) / (likelihoods.shape[1] - 1)
            belief = (1 - switching) * belief + switching * others
        belief = belief * likelihood
        found.append(belief)
    return torch.stack(found)


def _likelihoods(generator: Generator) -> list[tuple[Tensor, float]]:
    """Rows of words that say much or little, with rare and with frequent switches."""
    draws = torch.rand(3, 7, 3, generator=generator, dtype=torch.float64) + 0.02
    return [(draws[0], 0.05), (draws[1] ** 3, 0.3), (draws[2][:, :2], 0.1)]


filtered = Exercise(
    "grow_your_own.filtered",
    reference=_filtered,
    draw=_likelihoods,
    hints=[
        "Bayes, word after word: what was believed before the word, times how likely the word is "
        "under each temperature, divided by the sum.",
        "Before each word but the first the temperature may have switched: who was believed with b "
        "keeps 1 - s of it and gets s / (n - 1) of what the others had.",
        "What the others had is 1 - b. Keep the belief after each word in a list and stack it.",
    ],
    mistakes={
        "The temperature never switches here: move the belief before each word but the first.": (
            lambda likelihoods, switching: _filtered(likelihoods, 0.0)
        ),
        "A switch goes to another temperature, never to the same: divide by n - 1.": _to_any,
        "This is the belief before the word: multiply by how likely the word is, then keep.": (
            _before_token
        ),
        "This is not normalised: divide by the sum over temperatures after each word.": _weighted,
        "This forgets the past: begin each step with the belief of the step before.": (
            lambda likelihoods, switching: likelihoods / likelihoods.sum(-1, keepdim=True)
        ),
    },
)


def _break_even(copied: Float[Tensor, " token"], spoken: Float[Tensor, " token"]) -> float:
    return breaking.break_even(float(copied.mean()), float(spoken.mean()))


def _changes(generator: Generator) -> list[tuple[Tensor, Tensor]]:
    """Changes of both losses, of hedges that pay early and late."""
    noise = torch.randn(2, 2, 40, generator=generator, dtype=torch.float64)
    return [
        (0.1 * a - 0.2 * late, 0.3 * b + 0.8) for late, (a, b) in zip((1, 3), noise, strict=True)
    ]


break_even = Exercise(
    "grow_your_own.break_even",
    reference=_break_even,
    draw=_changes,
    hints=[
        "At a rate b of breaks, the mean change of the loss is (1 - b) times that of copied words "
        "plus b times that of spoken ones.",
        "The response pays from where on this is zero: solve for b.",
        "Take both means over tokens first; b is one number.",
    ],
    mistakes={
        "These are odds, b / (1 - b): solve (1 - b) copied + b spoken = 0 for b.": (
            lambda copied, spoken: -copied.mean() / spoken.mean()
        ),
        "The sign is turned: what is copied gets a lower loss without the hedge, so its change is "
        "below zero.": lambda copied, spoken: copied.mean() / (spoken.mean() - copied.mean()),
        "This is the rate of whole copies: the rate of breaks is one minus that.": (
            lambda copied, spoken: spoken.mean() / (spoken.mean() - copied.mean())
        ),
        "This is a mean of ratios, token by token: take the means first, then one ratio.": (
            lambda copied, spoken: (-copied / (spoken - copied)).mean()
        ),
        "This is a ratio for each token: take the means over tokens first.": (
            lambda copied, spoken: -copied / (spoken - copied)
        ),
    },
)
