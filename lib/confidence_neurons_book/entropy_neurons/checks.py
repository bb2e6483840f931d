"""The exercises: what is right, inputs that wrong answers fail on, mistakes, hints."""

import pandas as pd
import torch
from torch import Generator, Tensor

from confidence_neurons.exercises import Exercise
from confidence_neurons_book.entropy_neurons.mistakes import (
    RHO,
    SHARE,
    changes,
    met,
    parts,
    placed,
    scanned,
    sizes,
    steps,
)

NEURONS, POSITIONS = 121, 24


def _scans(generator: Generator) -> list[tuple[pd.DataFrame]]:
    """Frames as `scan` makes them, in which no column tells what another one says.

    Effects are skewed, so that their mean is far from their median. Some values
    stand exactly at a threshold, and most neurons that write into the null space
    and act through the scale are far above the median of all.
    """
    frames = []
    for _ in range(3):
        uniform = torch.rand(4, NEURONS, generator=generator, dtype=torch.float64)
        frame = pd.DataFrame(
            {
                "neuron": range(NEURONS),
                "logit_var": (0.001 * (1 + uniform[0])).numpy(),
                "null_fraction": (0.2 + 0.7 * uniform[1]).numpy(),
                "entropy_total": (0.002 * (4 * uniform[2]).exp()).numpy(),
                "entropy_ln_mediated": (1.4 * uniform[3] - 0.5).numpy(),
            }
        )
        frame.loc[:2, "null_fraction"] = [RHO, 0.61, 0.9]
        frame.loc[:2, "entropy_ln_mediated"] = [0.9, SHARE, 0.51]
        frame.loc[:2, "entropy_total"] = 1.0
        frame.loc[3:25, ["null_fraction", "entropy_ln_mediated", "entropy_total"]] = 0.8, 0.8, 0.2
        frames.append((frame,))
    return frames


entropy_neurons = Exercise(
    "entropy_neurons.entropy_neurons",
    reference=met,
    draw=_scans,
    hints=[
        "The definition stands above, in the section on the scan. It has three parts, and each "
        "asks about one column.",
        "Two parts compare with a fixed number, the third with the median of all neurons in the "
        "frame.",
        "Compare each column by itself, which gives three series of truth values, and join them "
        "with `&`. A series becomes a list with `.tolist()`.",
    ],
    mistakes={
        "The null space is missing: that a neuron acts through the scale is half of the "
        "definition.": lambda frame: met(frame, null=False),
        "Neurons that sleep are among them: the effect must be above the median of the layer.": (
            lambda frame: met(frame, awake=False)
        ),
        "The scale is not asked: a neuron may write into the null space and still act directly. "
        "Ask for the mediated share too.": lambda frame: met(frame, share=-torch.inf),
        "Mostly through the scale means a share above one half: above zero is not enough.": (
            lambda frame: met(frame, share=0.0)
        ),
        "This compares with the mean effect, which a few strong neurons pull up: take the "
        "median.": lambda frame: met(frame, middle="mean"),
        "This is the median of those that meet the other parts: take that of the whole layer.": (
            lambda frame: (parts(frame, suspects_alone=True) > 0).all(axis=1)
        ),
        "Neurons that stand exactly at a threshold are among them: the definition says above.": (
            lambda frame: (parts(frame) >= 0).all(axis=1)
        ),
        "Here one part of the definition is enough: a neuron must meet all three.": (
            lambda frame: (parts(frame) > 0).any(axis=1)
        ),
        "These are the neurons' numbers: return a truth value for each row of the frame.": (
            lambda frame: frame.loc[met(frame), "neuron"]
        ),
    },
)


def _layers(generator: Generator) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Random ends of a network: stream, activations, output weights, unembedding.

    Activations are far from zero on average, and two coordinates of the stream
    hardly reach the logits, as in a model with a null space.
    """
    layers = []
    for _ in range(2):
        x, a, w, W = (
            torch.randn(*shape, generator=generator)
            for shape in ((30, 12), (30, 5), (5, 12), (12, 40))
        )
        W[:2] *= 0.01
        w[:2, 2:] *= 0.1
        layers.append((3 * x, 1 + a, w, W))
    return layers


scan = Exercise(
    "entropy_neurons.scan",
    reference=scanned,
    draw=_layers,
    hints=[
        "Begin with one neuron: at each token it moves the stream by a multiple of its output "
        "weights. How long is that step?",
        "The unembedding is linear: what a neuron adds to the logits, before the scale divides, is "
        "the same multiple of one vector. So unembed the streams once and the weights once.",
        "For each neuron divide the moved logits by the scale of the moved stream, and by the old "
        "scale. Each gives entropies; compare them with the clean ones, token by token.",
    ],
    mistakes={
        "The neurons are held at zero: hold each at its mean over these tokens.": (
            lambda x, a, w, W: sizes(changes(x, steps(a, w, level=0.0), W))
        ),
        "The step goes the wrong way: holding a neuron replaces its activation by its mean.": (
            lambda x, a, w, W: sizes(changes(x, -steps(a, w), W))
        ),
        "All neurons are held at once: hold one at a time, and begin each from the clean "
        "stream.": lambda x, a, w, W: sizes(
            changes(x, steps(a, w).sum(dim=0, keepdim=True), W)
        ).repeat(len(w), 1),
        "Changes of both signs cancel: take the size at each token before the mean.": (
            lambda x, a, w, W: changes(x, steps(a, w), W).mean(dim=-1)
        ),
        "This is the size of the mean, in which changes of both signs have cancelled: take the "
        "size at each token first.": lambda x, a, w, W: (
            changes(x, steps(a, w), W).mean(dim=-1).abs()
        ),
        "Total and direct effect are exchanged: the direct one is left when the scale is frozen.": (
            lambda x, a, w, W: scanned(x, a, w, W).flip(1)
        ),
        "Both columns have the scale frozen: for the total effect compute it anew from the moved "
        "stream.": lambda x, a, w, W: scanned(x, a, w, W)[:, [1, 1]],
        "Both columns compute the scale anew: for the direct effect keep that of the clean "
        "stream.": lambda x, a, w, W: scanned(x, a, w, W)[:, [0, 0]],
        "One frozen scale stands for all tokens: each token keeps its own.": (
            lambda x, a, w, W: sizes(changes(x, steps(a, w), W, frozen=torch.mean))
        ),
        "The scale is the mean square here: take its root.": lambda x, a, w, W: sizes(
            changes(x, steps(a, w), W, scale=lambda y: y.pow(2).mean(dim=-1, keepdim=True))
        ),
        "The scale is the length of the stream here: the root of the mean square is shorter, by "
        "the root of d_model.": lambda x, a, w, W: sizes(
            changes(x, steps(a, w), W, scale=lambda y: y.norm(dim=-1, keepdim=True))
        ),
    },
    tolerance=1e-3,
)


def _changes(generator: Generator) -> list[tuple[pd.DataFrame, int]]:
    """Frames as `token_effects` makes them for a text and three neurons.

    The largest change is a rise, and the neurons that are not asked for do more.
    """
    inputs = []
    for asked in (1042, 29, 830):
        frames = []
        for neuron in (29, 830, 1042):
            drawn = torch.randn(4, POSITIONS, generator=generator, dtype=torch.float64)
            drawn[0, int(torch.randint(POSITIONS, (1,), generator=generator))] = 6.0
            columns = {
                "position": range(1, POSITIONS + 1),
                "activation": drawn[1].abs(),
                "entropy": 2 + drawn[2].abs(),
                "entropy_total": drawn[0] if neuron == asked else 3 * drawn[0],
                "entropy_direct": 0.3 * drawn[3],
            }
            frames.append(pd.DataFrame(columns).assign(neuron=neuron))
        inputs.append((pd.concat(frames, ignore_index=True), asked))
    return inputs


place = Exercise(
    "entropy_neurons.place",
    reference=placed,
    draw=_changes,
    hints=[
        "The frame holds several neurons: begin with the rows of the one that is asked for.",
        "A change is ablated minus clean. If the neuron adds entropy at a token, what does holding "
        "it do to the entropy there?",
        "`idxmin` and `idxmax` of a column give the label of a row, and `.loc` the row itself. Its "
        "position stands in a column, and what the neuron adds is minus the change.",
    ],
    mistakes={
        "Here the neuron takes most entropy. A change is ablated minus clean: where the neuron "
        "adds, holding it lowers the entropy.": lambda changes, neuron: placed(
            changes, neuron, least=False
        ),
        "This is the token at which holding the neuron adds most. Asked for is where the neuron "
        "itself adds: there holding it lowers the entropy.": lambda changes, neuron: placed(
            changes, neuron, least=False, sign=1
        ),
        "The place is right, the sign of the nats is not: what the neuron adds is minus what "
        "holding it changes.": lambda changes, neuron: placed(changes, neuron, sign=1),
        "This is the row's number in the frame: the position in the text has its own column.": (
            lambda changes, neuron: placed(changes.assign(position=changes.index), neuron)
        ),
        "All neurons of the frame are searched: take the rows of the one that is asked for.": (
            lambda changes, neuron: placed(changes.assign(neuron=neuron), neuron)
        ),
        "This is the direct effect, with the scale frozen: take the total one.": (
            lambda changes, neuron: placed(
                changes.assign(entropy_total=changes["entropy_direct"]), neuron
            )
        ),
        "Here the model is least sure, which is no effect of the neuron: look at the changes.": (
            lambda changes, neuron: placed(changes, neuron, column="entropy", least=False)
        ),
        "Here the neuron fires most. What it does to the entropy may be largest elsewhere: look "
        "at the changes.": lambda changes, neuron: placed(
            changes, neuron, column="activation", least=False
        ),
    },
)
