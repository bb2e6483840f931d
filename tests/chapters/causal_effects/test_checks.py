"""The effects that an exercise is checked with are those that the library measures."""

import torch

import confidence_neurons as cn
import references
from confidence_neurons_book.causal_effects import checks

NEURONS = [110, 43]


def test_the_reference_of_the_effects_is_what_the_library_measures():
    model = references.bundled("prose")
    tokens = cn.corrupt(cn.prose_tokens(model)[1:3], 0.5, cn.unigram_counts("prose"))
    frame = cn.token_effects(model, tokens, NEURONS)
    given = checks.ablations(model, tokens, NEURONS)
    columns = [f"entropy_{path}" for path in ("total", "direct", "indirect")]
    for neuron, arguments in zip(NEURONS, given, strict=True):
        expected = torch.tensor(frame.loc[frame["neuron"] == neuron, columns].to_numpy().T)
        found = checks.effects.reference(*arguments)
        torch.testing.assert_close(found.double(), expected.double(), atol=2e-5, rtol=1e-4)
