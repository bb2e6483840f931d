"""Random readouts, residual streams and neurons, for what lies below the scan."""

import torch

from confidence_neurons.engine.logits import Panel
from confidence_neurons.engine.readout import MlpOutput, Readout, Sources
from confidence_neurons.model.final_norm import FinalNorm, MlpNorm


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def inputs(tokens=7, neurons=5, d_model=12, d_vocab=40, seed=0, loudness=1.0, centres=True):
    """A random readout, clean residual streams, and neurons to ablate.

    The parts are what `Ablations.build` and `Sources` take: residual stream,
    targets, output weights, changes of the activations.
    """
    bias = random(d_vocab, seed=seed + 1)
    readout = Readout(
        loudness * random(d_model, d_vocab, seed=seed),
        1 + 0.2 * random(d_model, seed=seed + 5),
        bias - bias.mean(),
        FinalNorm(centres, 1e-5),
    )
    target = torch.arange(tokens) * 3 % d_vocab
    return readout, (
        random(tokens, d_model, seed=seed + 2),
        target,
        random(neurons, d_model, seed=seed + 3),
        random(tokens, neurons, seed=seed + 4),
    )


def scaled_delta(parts, factor):
    """The parts, where activations change by so many times as much."""
    residual, target, w_out, delta = parts
    return residual, target, w_out, factor * delta


def mlp_output(tokens=7, d_model=12, seed=0):
    """What enters a norm after the MLP at each token, and that norm."""
    norm = MlpNorm(1 + 0.3 * random(d_model, seed=seed + 7), 1e-5)
    return MlpOutput(random(tokens, d_model, seed=seed + 6), norm)


def sources(parts, mlp=None):
    return Sources(*parts, mlp=mlp)


def panel(readout, ablations):
    """The readings of all neurons, each neuron's side by side."""
    return Panel.of(readout.readings(ablations.w_out))


def panel_by_entry(readout, ablations):
    """The same, all neurons' readings of one entry side by side."""
    return Panel.of(readout.readings_by_entry(ablations.w_out))


def logits_by_hand(readout, residual, scale=None):
    """Logits in double precision, from the definition."""
    stream = residual.double()
    if readout.norm.centres:
        stream = stream - stream.mean(dim=-1, keepdim=True)
    if scale is None:
        scale = scale_by_hand(readout, residual)
    heard = stream / scale * readout.gain.double()
    return heard @ readout.unembedding.double() + readout.bias.double()


def scale_by_hand(readout, residual):
    stream = residual.double()
    if readout.norm.centres:
        stream = stream - stream.mean(dim=-1, keepdim=True)
    return (stream.pow(2).mean(dim=-1, keepdim=True) + readout.norm.eps).sqrt()


def streams_by_hand(parts, neuron, mlp=None):
    """The residual stream with one neuron changed at every token, in double precision."""
    residual, _, w_out, delta = parts
    added = delta[:, neuron, None].double() * w_out[neuron].double()
    if mlp is None:
        return residual.double() + added
    u, gain = mlp.out.double(), mlp.norm.gain.double()

    def normalised(stream):
        return gain * stream / (stream.pow(2).mean(dim=-1, keepdim=True) + mlp.norm.eps).sqrt()

    return residual.double() + normalised(u + added) - normalised(u)


def changes_by_hand(readout, parts, mlp=None):
    """Every change without a unigram, one neuron at a time, from softmaxes in double precision."""
    residual, target = parts[0], parts[1]
    clean_scale, clean = scale_by_hand(readout, residual), logits_by_hand(readout, residual)
    found = {}

    def levels(logits):
        log_p = logits.log_softmax(dim=-1)
        weighted = torch.where(log_p.exp() > 0, log_p.exp() * log_p, 0)
        return -weighted.sum(dim=-1), -log_p.gather(1, target[:, None])[:, 0]

    entropy, loss = levels(clean)
    for neuron in range(len(parts[2])):
        stream = streams_by_hand(parts, neuron, mlp)
        paths = {
            "total": logits_by_hand(readout, stream),
            "direct": logits_by_hand(readout, stream, clean_scale),
            "indirect": logits_by_hand(readout, residual, scale_by_hand(readout, stream)),
        }
        for path, logits in paths.items():
            after, after_loss = levels(logits)
            found.setdefault(f"entropy_{path}", []).append(after - entropy)
            found.setdefault(f"loss_{path}", []).append(after_loss - loss)
        log_p, log_q = clean.log_softmax(dim=-1), paths["total"].log_softmax(dim=-1)
        kl = torch.where(log_p.exp() > 0, log_p.exp() * (log_p - log_q), 0).sum(dim=-1)
        found.setdefault("kl_from_clean", []).append(kl)
        changed = paths["total"].argmax(dim=-1) != clean.argmax(dim=-1)
        found.setdefault("argmax_changed", []).append(changed.double())
    return {name: torch.stack(values, dim=1) for name, values in found.items()}
