"""How much of the stream lies in the null space, against a token-by-token reference."""

import pytest
import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.null_space.occupancy import stream_occupancy


def test_stream_agrees_with_a_token_by_token_reference():
    model, _ = references.tiny_pair("neox-serial")
    space = cn.geometry(model, k=5)
    tokens, counts = references.tokens_for(), torch.arange(300)
    frame = stream_occupancy(model, tokens, counts, space, rates=(0.0, 0.5))
    for _, row in frame.iterrows():
        noisy = cn.corrupt(tokens, row["rate"], counts)
        _, cache = model.run_with_cache(noisy)
        stream = cache["blocks.1.hook_resid_post"][:, 1:-1].flatten(0, 1)
        shares, scales = [], []
        for x in stream - stream.mean(dim=-1, keepdim=True):
            inside = space.null_space @ (space.null_space.T @ x)
            shares.append(float(inside.norm() / x.norm()))
            scales.append(float((x.pow(2).mean() + space.norm.eps).sqrt()))
        logits = model(noisy)[:, 1:-1].flatten(0, 1).tolist()
        entropies = [references.entropy(each) for each in logits]
        measured = {"null_fraction": shares, "scale": scales, "entropy": entropies}
        for name, values in measured.items():
            assert row[name] == pytest.approx(sum(values) / len(values), rel=1e-4)
    assert frame["scale_ratio"][0] == 1
    assert frame["scale_ratio"][1] == pytest.approx(frame["scale"][1] / frame["scale"][0])
