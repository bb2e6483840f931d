"""Token frequencies: counts, the unigram distribution P_freq, and its direction in the logits.

Measurements that build on them stand in the modules `levels`, `effects`,
`neurons`, `carriers`, `story` and `pull_back`.
"""

from confidence_neurons.frequency.counts import count_tokens, load_counts, save_counts
from confidence_neurons.frequency.unigram import (
    Unigram,
    check_vocabulary,
    frequency_cosine,
    frequency_direction,
    unigram_distribution,
)

__all__ = [
    "Unigram",
    "check_vocabulary",
    "count_tokens",
    "frequency_cosine",
    "frequency_direction",
    "load_counts",
    "save_counts",
    "unigram_distribution",
]
