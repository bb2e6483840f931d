"""How many neurons and tokens to hold at once within a budget of memory."""

from dataclasses import dataclass

import torch

from confidence_neurons.engine.softmax import bytes_at_once

DEFAULT_BUDGET = 896 * 2**20
TENSORS_PER_TOKEN = 8  # of size d_vocab: the clean distribution and what is made of it
TENSORS_PER_PAIR = 40  # of size token x neuron: moments, sums, changes
ENOUGH_TOKENS = 96  # with fewer, matrix products are slow
MOST_TOKENS = 160  # with more, they are not faster, and memory is handed out page by page
BLOCK_TENSORS = 5  # of the size of one block of ablated logits
SHARE_FOR_COPY = 1 / 3  # of the budget, at most, for a copy of the unembedding


@dataclass(frozen=True)
class Plan:
    """How a scan walks.

    Attributes
    ----------
    neurons:
        How many neurons' readings are held at once: a panel.
    tokens:
        How many tokens are measured at once.
    copy:
        Whether to hold a centred copy of the unembedding in the precision that
        is worked in; else some columns at a time are copied, again and again.
    """

    neurons: int
    tokens: int
    copy: bool = False

    @classmethod
    def within(
        cls,
        budget: float,
        d_vocab: int,
        neurons: int,
        device: str = "cpu",
        number_size: int = 4,
        copy_size: int = 0,
        widens: bool = False,
    ) -> "Plan":
        """Share a budget, in bytes, between readings and tokens; numbers have `number_size` bytes.

        The budget covers what a scan holds beside the model and the activations
        and residual streams of the tokens. `copy_size` is what a copy of the
        unembedding takes; `widens` says that it is stored in a lower precision.
        Such a copy saves most, and is worth smaller panels; any other is made
        where the panels stay as large as without it.

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

        def panel(free: float) -> int:
            for_tokens = min(free / 2, ENOUGH_TOKENS * (token + pair * neurons))
            most = max(1, int(min((free - for_tokens) // row, (free - token) // (row + pair))))
            return -(-neurons // -(-neurons // most))

        free = budget - block
        fits = 0 < copy_size <= SHARE_FOR_COPY * budget - block
        copy = fits and (widens or panel(free - copy_size) == panel(free))
        free -= copy_size if copy else 0
        held = panel(free)
        tokens = int((free - held * row) // (token + pair * held))
        in_cache = max(MOST_TOKENS, at_once // row)
        return cls(held, max(1, min(tokens, in_cache)), copy)
