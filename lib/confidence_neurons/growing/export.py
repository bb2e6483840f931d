"""Write a grown network as a Hugging Face GPT-NeoX directory."""

import copy
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64
from safetensors.torch import save_file
from torch import nn
from transformers import GPTNeoXForCausalLM, PreTrainedTokenizerBase

from confidence_neurons.files import whole_files


def export_model(
    network: GPTNeoXForCausalLM,
    tokenizer: PreTrainedTokenizerBase,
    counts: Int64[np.ndarray, " d_vocab"],
    directory: Path,
) -> None:
    """Weights in half precision, configuration, tokenizer and unigram counts.

    Raises
    ------
    ValueError
        If the final norm is none that a GPT-NeoX directory can have.
    """
    norm = network.gpt_neox.final_layer_norm
    if not isinstance(norm, nn.LayerNorm):
        raise ValueError(
            f"expected a network with a final LayerNorm, got {type(norm).__name__}, which a "
            "GPT-NeoX directory cannot say: keep the model in memory, with hold"
        )
    halved = copy.deepcopy(network).half()
    with whole_files(directory) as partial:
        halved.save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        save_file({"counts": torch.from_numpy(counts)}, partial / "unigram_counts.safetensors")
