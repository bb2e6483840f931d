"""The checks accept the printed solutions, and refuse wrong answers that a reader may try."""

import pandas as pd
import pytest
import torch

import confidence_neurons as cn
from chapters.solutions import printed_solution
from confidence_neurons.model.architecture import output_weights
from confidence_neurons_book.entropy_neurons import checks
from confidence_neurons_book.exercises import check_answer
from references import bundled, light, tokens_for
from tiny_models import tiny_network

NEURONS = (110, 6)


@pytest.fixture(scope="module")
def place():
    """What the notebook has defined: here `prose` stands for the real model, to be quick."""
    model = bundled("prose")
    rest = cn.run(model, cn.prose_tokens(model, length=64)[:8]).mean_activations()
    return {"cn": cn, "torch": torch, "model": model, "rest": rest}


@pytest.fixture(scope="module")
def exercises(place):
    def strongest(text, neuron):
        return checks.strongest_place(place["model"], text, neuron, place["rest"])

    texts = [(text, neuron) for text in checks.TEXTS for neuron in NEURONS]
    return {
        "my_entropy_neurons": (checks.entropy_neurons, checks.frames()),
        "my_scan": (checks.scan_slowly, checks.layers()),
        "my_place": (strongest, texts),
    }


NAMES = ["my_entropy_neurons", "my_scan", "my_place"]


def verdict(exercises, name, answer):
    reference, inputs = exercises[name]
    return check_answer(answer, reference, *inputs, tolerance=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_solution_is_accepted(name, place, exercises):
    assert verdict(exercises, name, printed_solution("03-entropy-neurons", name, place)).startswith(
        "Correct"
    )


def defined(frame, *, rho=0.6, share=0.5, middle="median", null=True, awake=True):
    met = frame["entropy_ln_mediated"] > share
    if null:
        met &= frame["null_fraction"] > rho
    if awake:
        met &= frame["entropy_total"] > getattr(frame["entropy_total"], middle)()
    return met.tolist()


def with_logit_var(frame):
    low = frame["logit_var"] < 0.4 * frame["logit_var"].median()
    return (low & pd.Series(defined(frame), index=frame.index)).tolist()


WRONG_DEFINITIONS = {
    "without the null space": lambda frame: defined(frame, null=False),
    "rho over 0.1": lambda frame: defined(frame, rho=0.1),
    "the mean for the median": lambda frame: defined(frame, middle="mean"),
    "without being awake": lambda frame: defined(frame, awake=False),
    "any share above zero": lambda frame: defined(frame, share=0.0),
    "at the threshold too": lambda frame: defined(frame, rho=0.6 - 1e-9),
    "a share of one half too": lambda frame: defined(frame, share=0.5 - 1e-9),
    "a low LogitVar": with_logit_var,
    "the null space alone": lambda frame: (frame["null_fraction"] > 0.6).tolist(),
    "none": lambda frame: [False] * len(frame),
}


@pytest.mark.parametrize("wrong", WRONG_DEFINITIONS)
def test_wrong_definitions_are_refused(wrong, exercises):
    said = verdict(exercises, "my_entropy_neurons", WRONG_DEFINITIONS[wrong])
    assert "not yet" in said


def scanned(x, a, w, W, *, to="mean", signed=False, root=True, swapped=False, frozen="each"):
    def scale(stream):
        mean = stream.pow(2).mean(dim=-1, keepdim=True)
        return mean.sqrt() if root else mean

    clean, rows = cn.entropy(x @ W / scale(x)), []
    for n in range(len(w)):
        level = {"mean": a[:, n].mean(), "zero": 0.0, "median": a[:, n].median()}[to]
        held = x + (level - a[:, n])[:, None] * w[n]
        kept = scale(x) if frozen == "each" else scale(x).mean()
        changes = [cn.entropy(held @ W / s) - clean for s in (scale(held), kept)]
        rows.append([(c if signed else c.abs()).mean() for c in changes[:: -1 if swapped else 1]])
    return torch.tensor(rows)


def without_the_scale(x, a, w, W):
    return scanned(x, a, w, W)[:, [1, 1]]


def together(x, a, w, W):
    held = x + (a.mean(dim=0) - a) @ w
    scales = (s.pow(2).mean(dim=-1, keepdim=True).sqrt() for s in (held, x))
    clean = cn.entropy(x @ W / x.pow(2).mean(dim=-1, keepdim=True).sqrt())
    both = [(cn.entropy(held @ W / s) - clean).abs().mean() for s in scales]
    return torch.tensor([both] * len(w))


WRONG_SCANS = {
    "held at zero": lambda *given: scanned(*given, to="zero"),
    "held at the median": lambda *given: scanned(*given, to="median"),
    "signed means": lambda *given: scanned(*given, signed=True),
    "the mean square": lambda *given: scanned(*given, root=False),
    "direct and total exchanged": lambda *given: scanned(*given, swapped=True),
    "one scale for all tokens": lambda *given: scanned(*given, frozen="mean"),
    "the scale never anew": without_the_scale,
    "all neurons together": together,
}


@pytest.mark.parametrize("wrong", WRONG_SCANS)
def test_wrong_scans_are_refused(wrong, exercises):
    assert "not yet" in verdict(exercises, "my_scan", WRONG_SCANS[wrong])


def placed(place, text, neuron, *, to=None, column="entropy_total", sign=1, shift=0, pick="idxmin"):
    tokens = cn.tokens_from_text(place["model"], text, length=24, count=1)
    changes = cn.token_effects(place["model"], tokens, [neuron], to=to)
    values = changes[column].abs() if pick == "abs" else changes[column]
    best = changes.loc[values.idxmax() if pick in ("abs", "idxmax") else values.idxmin()]
    return [best["position"] + shift, -sign * best["entropy_total"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": None},
        {"to": 0.0},
        {"sign": -1},
        {"shift": -1},
        {"pick": "idxmax"},
        {"column": "entropy"},
    ],
    ids=str,
)
def test_wrong_places_are_refused(wrong, place, exercises):
    given = {"to": place["rest"], **wrong}
    said = verdict(exercises, "my_place", lambda text, n: placed(place, text, n, **given))
    assert "not yet" in said


def test_the_slow_scan_agrees_with_the_library():
    model, tokens = light(tiny_network("llama")), tokens_for(rows=2, length=14)
    end = cn.run(model, tokens)
    x, a = end.residual[end.counted], end.activations[end.counted]
    slow = checks.scan_slowly(x, a, output_weights(model), cn.geometry(model, k=2).unembedding)
    fast = cn.scan(model, tokens, k=2)[["entropy_total", "entropy_direct"]].to_numpy()
    assert slow.numpy() == pytest.approx(fast, rel=0.02, abs=1e-6)  # the norm's epsilon is left out
