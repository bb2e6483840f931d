"""In what families of models differ, and where in their networks the measured parts are.

A plain decoder ends like this: the last MLP adds w_out to the residual stream
for each unit of a neuron's activation; a LayerNorm or RMSNorm divides the
stream by its scale; the unembedding turns it into logits. `FAMILIES` lists in
what a family differs, and where its parts are in the network of transformers.
To support another one, add an entry here and a tiny model of it to
`tests/tiny_models.py`.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Family:
    """In what a family differs from a plain decoder built like Llama.

    Attributes
    ----------
    layers, norm:
        Paths of the list of layers and of the final norm in the network
        without its unembedding (`base_model`).
    down:
        Path of the last linear map of the MLP in a layer: its input are the
        neurons' activations, its weights their output weights.
    rows_are_neurons:
        The weights of that map have a row, and not a column, for each neuron.
    mlp_norm:
        Path of the norm between the MLP and the residual stream in a layer,
        where there is one.
    gain_offset:
        What is added to the stored gain of every norm.
    residual_multiplier:
        Key of the configuration: what the MLP's output is multiplied by.
    logits_divisor:
        Key of the configuration: what the logits are divided by.
    soft_cap:
        Key of the configuration: what the size of the logits is capped at.
    final_norm:
        Path of the final norm in the whole network, where the project's own
        key `final_layer_norm_eps` sets its epsilon.
    """

    layers: str = "layers"
    norm: str = "norm"
    down: str = "mlp.down_proj"
    rows_are_neurons: bool = False
    mlp_norm: str | None = None
    gain_offset: float = 0.0
    residual_multiplier: str | None = None
    logits_divisor: str | None = None
    soft_cap: str | None = None
    final_norm: str | None = None


PLAIN = Family()
NORM_AFTER_MLP = "post_feedforward_layernorm"
GEMMA_2 = Family(mlp_norm=NORM_AFTER_MLP, gain_offset=1.0, soft_cap="final_logit_softcapping")
FAMILIES: dict[str, Family] = {
    "gemma": Family(gain_offset=1.0),
    "gemma2": GEMMA_2,
    "gemma3_text": GEMMA_2,
    "gpt2": Family(layers="h", norm="ln_f", down="mlp.c_proj", rows_are_neurons=True),
    "gpt_neox": Family(
        norm="final_layer_norm", down="mlp.dense_4h_to_h", final_norm="gpt_neox.final_layer_norm"
    ),
    "granite": Family(residual_multiplier="residual_multiplier", logits_divisor="logits_scaling"),
    "llama": PLAIN,
    "mistral": PLAIN,
    "olmo2": Family(mlp_norm=NORM_AFTER_MLP),
    "phi": Family(norm="final_layernorm", down="mlp.fc2"),
    "qwen2": PLAIN,
    "qwen3": PLAIN,
}


def family_of(config: Any) -> Family:
    """The family that a Hugging Face configuration belongs to; a plain one if it is not known."""
    return FAMILIES.get(getattr(config, "model_type", ""), PLAIN)
