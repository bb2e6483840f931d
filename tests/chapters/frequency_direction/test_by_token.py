"""What stands beside a token is that token's own."""

import pandas as pd
import pytest
import torch

import confidence_neurons as cn
import references
import references_ablation
from confidence_neurons_book.frequency_direction.by_token import (
    frequency_story,
    with_next_class,
    with_situation,
)
from confidence_neurons_book.frequency_direction.carriers import frequency_classes

COUNTS = references_ablation.counts_for()


def test_situations_of_the_model_itself():
    model = references.bundled("prose")
    tokens = cn.prose_tokens(model, length=24, count=3)
    state = cn.run(model, tokens)
    frame = with_situation(cn.read(model, state, ("confidence", "right")))
    logits = model(tokens)
    for row in frame.itertuples():
        p = logits[row.sequence, row.position].softmax(dim=-1)
        sure = "sure" if p.max() >= 0.5 else "unsure"
        came = int(p.argmax()) == int(tokens[row.sequence, row.position + 1])
        assert row.situation == f"{sure} and {'right' if came else 'wrong'}"
    assert frame["situation"].nunique() > 2


def test_one_half_is_sure():
    frame = pd.DataFrame({"confidence": [0.5, 0.49], "right": [0.0, 1.0]})
    assert with_situation(frame)["situation"].tolist() == ["sure and wrong", "unsure and right"]


def test_each_row_of_a_frame_has_the_class_of_its_next_token():
    model, _ = references.tiny_pair("neox-serial")
    tokens = references.tokens_for(rows=3)
    state = cn.run(model, tokens)
    several = pd.concat([state.places().assign(group=name) for name in "ab"], ignore_index=True)
    shuffled = several.sample(frac=1, random_state=0).reset_index(drop=True)
    found = with_next_class(shuffled, state, COUNTS)
    assert found[shuffled.columns].equals(shuffled)
    classes = frequency_classes(COUNTS)
    for row in found.to_dict("records"):
        target = int(tokens[row["sequence"], row["position"] + 1])
        assert row["class"] == classes[target]


def test_the_story_holds_what_hooks_say_of_each_token():
    model, _ = references.tiny_pair("neox-serial")
    tokens, neuron = references.tokens_for(), 7
    to = cn.run(model, references.tokens_for(seed=3)).mean_activations()
    story = frequency_story(model, cn.run(model, tokens), neuron, COUNTS, to)
    changes = references_ablation.by_hooks(
        model, tokens, neuron, to=float(to[neuron]), counts=COUNTS
    )
    for name in ("loss", "entropy", "kl"):
        expected = -changes[f"{name}_total"]
        assert torch.tensor(story[f"{name}_added"]).allclose(expected.float(), atol=1e-5), name
    hook = f"blocks.{model.cfg.n_layers - 1}.mlp.hook_post"
    _, cache = model.run_with_cache(tokens, names_filter=hook)
    for row in story.itertuples():
        here, after = tokens[row.sequence, row.position : row.position + 2].tolist()
        assert [row.at, row.next] == cn.token_labels(model, [here, after])
        activation = float(cache[hook][row.sequence, row.position, neuron])
        assert row.activation == pytest.approx(activation, abs=1e-6)
