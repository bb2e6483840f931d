"""How many neurons and tokens to hold at once within a budget of memory."""

from dataclasses import dataclass

import torch

from confidence_neurons.engine.second_order import NEURONS_AT_ONCE
from confidence_neurons.engine.softmax import bytes_at_once

DEFAULT_BUDGET = 896 * 2**20
TENSORS_PER_TOKEN = 5  # of size d_vocab: the clean distribution and what is made of it
TENSORS_PER_PAIR = 32  # of size token x neuron: moments, sums, changes
ENOUGH_TOKENS = 96  # with fewer, matrix products are slow
MOST_TOKENS = 192  # with more, they are not faster
BLOCK_TENSORS = 3  # of the size of one block of ablated logits


@dataclass(frozen=True)
class Plan:
    """Neurons whose readings are held at once (a panel), and tokens at once.

    Of some of a panel's readings second order holds the squares as well.
    """

    neurons: int
    tokens: int

    @classmethod
    def within(
        cls,
        budget: float,
        d_vocab: int,
        neurons: int,
        device: str = "cpu",
        number_size: int = 4,
    ) -> "Plan":
        """Share a budget, in bytes, between readings and tokens; numbers have `number_size` bytes.

        The budget covers what a scan holds beside the model, its effective
        unembedding, and the activations and residual streams of the tokens.

        Raises
        ------
        ValueError
            If the budget does not hold one neuron and one token.
        """
        row = number_size * d_vocab
        at_once = bytes_at_once(torch.device(device))
        block = BLOCK_TENSORS * max(at_once, row)
        token = TENSORS_PER_TOKEN * row
        pair = TENSORS_PER_PAIR * number_size
        least = block + 2 * (2 * row + token + pair)
        if not budget >= least:
            raise ValueError(
                f"expected a memory_budget of at least {least:,} bytes for a vocabulary of "
                f"{d_vocab:,} tokens, got {budget:,.0f}: give more (default {DEFAULT_BUDGET:,})"
            )
        free = budget - block
        for_tokens = min(free / 2, ENOUGH_TOKENS * (token + pair * neurons))
        rows = int((free - for_tokens) // row)
        most = max(rows // 2, rows - NEURONS_AT_ONCE)
        panel = -(-neurons // -(-neurons // most))
        held = (panel + min(panel, NEURONS_AT_ONCE)) * row
        tokens = int((free - held) // (token + pair * panel))
        in_cache = max(MOST_TOKENS, at_once // row)
        return cls(panel, max(1, min(tokens, in_cache)))
