"""The final scale as a temperature, against the formula in Python numbers, on tiny models."""

import pandas as pd
import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.confidence import dial


@pytest.fixture(scope="module", params=["neox-serial", "llama"])
def model(request):
    return references.tiny_pair(request.param)[0]


@pytest.fixture(scope="module")
def texts():
    return dial.noisy_texts(references.tokens_for(rows=30, length=12), torch.ones(300).long())


@pytest.fixture(scope="module")
def frame(model, texts):
    return dial.read_texts(model, texts)


def test_texts_hold_more_and_more_noise(texts):
    clean = texts["clean"]
    changed = {name: float((text != clean).double().mean()) for name, text in texts.items()}
    assert changed["clean"] == 0
    assert changed["half noise"] == pytest.approx(0.46, abs=0.1)
    assert changed["noise"] == pytest.approx(0.91, abs=0.05)
    assert all(torch.equal(text[:, 0], clean[:, 0]) for text in texts.values())


def test_own_scale_reads_what_the_model_says(model, texts, frame):
    for name, tokens in texts.items():
        found = frame[frame["text"] == name].reset_index(drop=True)
        expected = cn.read(model, cn.run(model, tokens), (*dial.READ, "scale"))
        for column in expected:
            assert found[column].tolist() == pytest.approx(expected[column].tolist(), abs=1e-4)


def test_the_mean_scale_of_clean_text_is_put_under_all_streams(model, texts, frame):
    clean = cn.run(model, texts["clean"])
    usual = float(clean.scale[clean.counted].mean())
    stream = cn.run(model, texts["noise"]).residual[7, 3].double()
    if not model.ln_final.uses_rms_norm:
        stream = stream - stream.mean()
    seen = stream @ model.W_U.double()
    row = frame.query("text == 'noise' and sequence == 7 and position == 3").iloc[0]
    logits = (seen / usual + model.b_U.double()).tolist()
    assert row["entropy_held"] == pytest.approx(references.entropy(logits), rel=1e-4)
    assert row["seen"] == pytest.approx(float(seen.std()), rel=1e-4)


def test_shuffled_rows_keep_their_tokens_and_their_beginning(texts):
    clean = texts["clean"]
    found = dial.shuffled(clean)
    assert torch.equal(found[:, 0], clean[:, 0])
    assert torch.equal(found.sort(dim=1).values, clean.sort(dim=1).values)
    assert not torch.equal(found, clean)


READ = pd.DataFrame(
    {
        "model": "tiny",
        "text": ["clean"] * 4 + ["noise"] * 4,
        "sequence": [0, 0, 1, 1] * 2,
        "position": [1, 2] * 4,
        "scale": [1.0, 3.0, 2.0, 2.0, 2.0, 6.0, 4.0, 4.0],
        "seen": [1.0] * 8,
        "entropy": [1.0] * 4 + [3.0] * 4,
        "entropy_held": [1.5] * 4 + [1.25] * 4,
    }
)


def test_changes_are_ratios_of_sizes_and_differences_of_entropies():
    (row,) = dial.changes(READ, "model", "noise").to_dict("records")
    assert row == {
        "model": "tiny",
        "scale": "2.00 [2.00, 2.00]",
        "seen": "1.00 [1.00, 1.00]",
        "rises": "2.00 [2.00, 2.00]",
        "held": "-0.25 [-0.25, -0.25]",
    }


def test_entropies_are_means_with_either_scale():
    found = dial.entropies(READ).set_index(["text", "divided_by"])["estimate"]
    own, clean = dial.SCALES.values()
    assert found.to_dict() == {
        ("clean", own): 1.0,
        ("clean", clean): 1.5,
        ("noise", own): 3.0,
        ("noise", clean): 1.25,
    }


def test_scale_and_temperature_differ_by_the_bias(texts):
    model = references.tiny_pair("neox-serial")[0]
    state = cn.run(model, texts["clean"][:2])
    found = dial.compare_with_temperature(model, state, 3.0)
    streams = state.residual[state.counted].double()
    scales = state.scale[state.counted].double()
    linear = (streams - streams.mean(dim=-1, keepdim=True)) / scales @ model.W_U.double()
    bias = model.b_U.double()
    scaled = [(row / 3 + bias).tolist() for row in linear]
    tempered = [((row + bias) / 3).tolist() for row in linear]
    own = [(row + bias).tolist() for row in linear]
    pairs = zip(tempered, scaled, strict=True)
    kl = [references.kl_divergence(*map(references.softmax, pair)) for pair in pairs]
    assert found["divergence"] == pytest.approx(sum(kl) / len(kl), abs=1e-6, rel=1e-3)
    for name, logits in {"entropy": own, "by_scale": scaled, "by_temperature": tempered}.items():
        expected = sum(map(references.entropy, logits)) / len(logits)
        assert found[name] == pytest.approx(expected, rel=1e-4)


def test_without_a_bias_scale_and_temperature_are_the_same(texts):
    model = references.tiny_pair("llama")[0]
    found = dial.compare_with_temperature(model, cn.run(model, texts["clean"][:2]), 3.0)
    assert found["divergence"] == pytest.approx(0, abs=1e-6)
