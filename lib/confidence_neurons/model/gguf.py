"""Turn a GGUF file into a directory in Hugging Face format, its weights in float32.

transformers reads the file. Of what it would pass over in silence (parts of
the network, a scaling of the positions) everything that would make another
model is refused here.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confidence_neurons.model.configuration import (
    check_finite,
    check_tokenizer,
    check_weights,
    read_configuration,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# As GGUF calls them: Mistral is "llama" there.
FAMILIES_READ = ("gemma2", "gemma3", "gpt2", "llama", "qwen2", "qwen3")
SCALED_POSITIONS = "rope.scaling.type"
# Keys of the file, and of the configuration that they have to agree with.
AGREEING = {
    "attention.sliding_window": "sliding_window",
    "attn_logit_softcapping": "attn_logit_softcapping",
    "final_logit_softcapping": "final_logit_softcapping",
}
SENTENCE = "The letter came at 7, and nobody in the house would open it."
REMEDY = "Get the file again."


@dataclass(frozen=True)
class Header:
    """What the head of a GGUF file says of its network.

    Attributes
    ----------
    family : str
        The architecture, as GGUF calls it.
    fields : mapping
        The family's settings, by their names without the family's.
    numbers : int
        How many numbers the tensors hold.
    embedding : int
        How many of them stand in the embedding.
    d_vocab : int
        How many tokens it has.
    tied : bool
        Whether the embedding is the unembedding too.
    """

    family: str
    fields: Mapping[str, Any]
    numbers: int
    embedding: int
    d_vocab: int
    tied: bool


def read_header(path: Path) -> Header:
    """Head of a GGUF file.

    Raises
    ------
    ValueError
        If the file is none, is damaged or cut short.
    NotImplementedError
        If the network is of a family that is not read, or has scaled positions.
    """
    from gguf import GGUFReader

    try:
        reader = GGUFReader(path)
        family = str(reader.fields["general.architecture"].contents())
        prefix = f"{family}."
        fields: Any = {
            name.removeprefix(prefix): field.contents()
            for name, field in reader.fields.items()
            if name.startswith(prefix)
        }
        sizes = {tensor.name: int(tensor.n_elements) for tensor in reader.tensors}
        d_vocab = len(reader.fields["tokenizer.ggml.tokens"].data)
        embedding = sizes["token_embd.weight"]
    except Exception as error:  # whatever a damaged file leads to
        raise damaged(path, error) from None
    if family not in FAMILIES_READ:
        raise NotImplementedError(
            f"{path}: expected a GGUF file of a network of the families "
            f"{', '.join(FAMILIES_READ)}, got {family!r:.40}: take a model in Hugging Face format"
        )
    scaling = fields.get(SCALED_POSITIONS, "none")
    if scaling != "none":
        raise NotImplementedError(
            f"{path}: expected positions as the network has them, got positions scaled by "
            f"{scaling!r:.40}, which is not read: take the model in Hugging Face format"
        )
    tied = "output.weight" not in sizes
    return Header(family, fields, sum(sizes.values()), embedding, d_vocab, tied)


def convert(path: Path, directory: Path) -> None:
    """Write network and tokenizer of a GGUF file into a directory, in Hugging Face format.

    Quantised weights become the float32 numbers that they stand for.

    Raises
    ------
    ValueError
        If the file is damaged, or what it holds makes no sense.
    NotImplementedError
        If it holds a network that transformers would not read as it is.
    """
    header = read_header(path)
    with _alone(path) as place:
        config = _read_configuration(path, place, directory)
        _check_read(path, header, config)
        network = _read_network(path, place)
        tokenizer = _read_tokenizer(path, place)
    embedding: Any = network.get_input_embeddings()
    check_tokenizer(tokenizer, len(embedding.weight), path)
    _fresh(network, config).save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def damaged(path: Path, error: Exception) -> ValueError:
    """The error for a file that cannot be read."""
    return ValueError(
        f"{path}: expected a GGUF file, got one that is damaged, cut short or none "
        f"({type(error).__name__}: {error!s:.200}). {REMEDY}"
    )


@contextmanager
def _alone(path: Path) -> Iterator[dict[str, Any]]:
    """How transformers is told of the file: where no files lie beside it that it would read too."""
    with tempfile.TemporaryDirectory() as directory:
        alone = Path(directory, "model.gguf")
        try:
            alone.symlink_to(path.resolve())
        except OSError:  # Windows, without the right to make links
            shutil.copyfile(path, alone)
        yield {
            "pretrained_model_name_or_path": directory,
            "gguf_file": alone.name,
            "local_files_only": True,
            "trust_remote_code": False,
        }


def _read_configuration(path: Path, place: Mapping[str, Any], directory: Path) -> Any:
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(**place)
        config.save_pretrained(directory)
    except Exception as error:  # what fails depends on the family
        raise damaged(path, error) from error
    try:
        read_configuration(directory / "config.json")
    except ValueError as error:
        raise damaged(path, error) from None
    return config


def _check_read(path: Path, header: Header, config: Any) -> None:
    """Refuse a file whose network transformers would not read as it is."""
    import torch
    from transformers import AutoModelForCausalLM

    for key, name in AGREEING.items():
        found, read = header.fields.get(key), getattr(config, name, None)
        if found is not None and found != read:
            raise NotImplementedError(
                f"{path}: expected {key} {read}, got {found}, which is not read from GGUF files: "
                "take the model in Hugging Face format"
            )
    scalar = getattr(config, "query_pre_attn_scalar", None)
    if scalar is not None and scalar != config.head_dim:
        raise NotImplementedError(
            f"{path}: expected heads of {scalar}, by which attention is scaled, got heads of "
            f"{config.head_dim}, and the file does not say the scale: take the model in Hugging "
            "Face format"
        )
    try:
        with torch.device("meta"):
            network = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    except Exception as error:  # what fails depends on the family
        raise damaged(path, error) from error
    numbers = sum(parameter.numel() for parameter in network.parameters())
    if numbers != header.numbers:
        raise NotImplementedError(
            f"{path}: expected {numbers:,} numbers, those of the network that the file describes, "
            f"got {header.numbers:,}: it has parts that are not read (scaled positions?), or lacks "
            "some. Take the model in Hugging Face format"
        )


def _read_network(path: Path, place: Mapping[str, Any]) -> PreTrainedModel:
    import torch
    from transformers import AutoModelForCausalLM

    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            **place, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:  # what fails depends on the family
        raise damaged(path, error) from error
    network, report = loaded
    check_weights(report, path)
    check_finite(network, path)
    return network


def _read_tokenizer(path: Path, place: Mapping[str, Any]) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(**place)
        back = tokenizer.decode(tokenizer(SENTENCE, add_special_tokens=False)["input_ids"])
        if back.strip() != SENTENCE:
            raise ValueError(f"of {SENTENCE!r} it makes {back!r:.60}")
        return tokenizer
    except Exception as error:  # the tokenizers library raises bare Exception
        raise ValueError(
            f"{path}: the tokenizer in the file cannot be read ({type(error).__name__}: "
            f"{error!s:.200}). Take the model in Hugging Face format."
        ) from error


def _fresh(network: PreTrainedModel, config: Any) -> PreTrainedModel:
    """The same network, as if it had not come from a GGUF file: those refuse to be saved."""
    import torch

    config.dtype = torch.float32
    with torch.device("meta"):
        fresh = type(network)(config)
    fresh.load_state_dict(network.state_dict(), assign=True)
    fresh.tie_weights()
    return fresh
