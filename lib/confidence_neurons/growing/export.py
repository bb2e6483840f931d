"""Write a grown network as a Hugging Face GPT-NeoX directory."""

import copy
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64
from safetensors.torch import save_file
from transformers import GPTNeoXForCausalLM, PreTrainedTokenizerBase

from confidence_neurons.files import whole_files


def export_model(
    network: GPTNeoXForCausalLM,
    tokenizer: PreTrainedTokenizerBase,
    counts: Int64[np.ndarray, " d_vocab"],
    directory: Path,
) -> None:
    """Weights in half precision, configuration, tokenizer and unigram counts."""
    halved = copy.deepcopy(network).half()
    with whole_files(directory) as partial:
        halved.save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        save_file({"counts": torch.from_numpy(counts)}, partial / "unigram_counts.safetensors")
