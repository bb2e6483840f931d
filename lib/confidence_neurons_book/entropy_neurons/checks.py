"""What the exercises of the chapter are checked with: inputs, and slow references."""

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

import confidence_neurons as cn
from confidence_neurons.model.ends import Model

NEURONS = 120
TEXTS = (
    "When the rain stopped we walked down to the harbour, and there we found that the boat which "
    "my brother had painted green was gone. He said nothing, but sat down on the wet stones.",
    "Chapter 4. In which the inspector asks a question that nobody wants to hear, and a door that "
    'was locked at noon is found open at midnight. "Who has the other key?" he said.',
)


def frames(count: int = 3) -> list[tuple[pd.DataFrame]]:
    """Frames as `scan` makes them, in which no column tells what another one says.

    Effects are skewed, so that their mean is far from their median; some
    values stand exactly at a threshold.
    """
    found = []
    for seed in range(count):
        generator = torch.Generator().manual_seed(seed)
        uniform = torch.rand(4, NEURONS, generator=generator, dtype=torch.float64)
        frame = pd.DataFrame(
            {
                "neuron": range(NEURONS),
                "weight_norm": (1 + uniform[0]).numpy(),
                "logit_var": (0.001 * (1 + uniform[0].flip(0))).numpy(),
                "null_fraction": (0.2 + 0.7 * uniform[1]).numpy(),
                "entropy_total": (0.002 * (4 * uniform[2]).exp()).numpy(),
                "entropy_ln_mediated": (1.4 * uniform[3] - 0.5).numpy(),
            }
        )
        frame.loc[:2, "null_fraction"] = [0.6, 0.61, 0.9]
        frame.loc[:2, "entropy_ln_mediated"] = [0.9, 0.5, 0.51]
        frame.loc[:2, "entropy_total"] = 1.0
        found.append((frame,))
    return found


def entropy_neurons(frame: pd.DataFrame) -> list[bool]:
    """The definition, one neuron at a time."""
    median = sorted(frame["entropy_total"])[(len(frame) - 1) // 2 : len(frame) // 2 + 1]
    awake = sum(median) / len(median)
    return [
        row.null_fraction > 0.6 and row.entropy_ln_mediated > 0.5 and row.entropy_total > awake
        for row in frame.itertuples()
    ]


def layers(count: int = 2) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Random ends of a network: stream, activations, output weights, unembedding.

    Activations are far from zero on average, and two coordinates of the stream
    hardly reach the logits, as in a model with a null space.
    """
    found = []
    for seed in range(count):
        generator = torch.Generator().manual_seed(seed)

        def draw(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator)  # noqa: B023

        unembedding = draw(12, 40)
        unembedding[:2] *= 0.01
        written = draw(5, 12)
        written[:2, 2:] *= 0.1
        found.append((3 * draw(30, 12), 1 + draw(30, 5), written, unembedding))
    return found


def scan_slowly(
    x: Float[Tensor, "token d_model"],
    a: Float[Tensor, "token neuron"],
    w: Float[Tensor, "neuron d_model"],
    W: Float[Tensor, "d_model d_vocab"],
) -> Float[Tensor, "neuron 2"]:
    """Total and direct effect of each neuron on entropy, every stream unembedded by itself."""

    def scale(stream: Tensor) -> Tensor:
        return stream.pow(2).mean(dim=-1, keepdim=True).sqrt()

    clean = cn.entropy(x / scale(x) @ W)
    rows = []
    for n in range(len(w)):
        held = x + torch.outer(a[:, n].mean() - a[:, n], w[n])
        rows.append(
            torch.stack(
                [
                    (cn.entropy(held / divisor @ W) - clean).abs().mean()
                    for divisor in (scale(held), scale(x))
                ]
            )
        )
    return torch.stack(rows)


def strongest_place(
    model: Model, text: str, neuron: int, rest: Float[Tensor, " d_mlp"], length: int = 24
) -> Float[Tensor, " 2"]:
    """Where in a text a neuron adds most entropy, and how much: position and nats."""
    tokens = cn.tokens_from_text(model, text, length=length, count=1)
    changes = cn.token_effects(model, tokens, [neuron], to=rest)
    best = changes.loc[changes["entropy_total"].idxmin()]
    return torch.tensor([float(best["position"]), -float(best["entropy_total"])])
