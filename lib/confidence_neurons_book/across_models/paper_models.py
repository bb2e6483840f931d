"""The models of the paper: the neurons it names, and how to look at them oneself.

Stolfo et al. 2024 (arXiv 2406.16254). Names of neurons are citations; nothing
here was measured. Sizes are the published ones.
"""

from dataclasses import dataclass

import pandas as pd

from confidence_neurons_book.across_models.cost import Sizes, command_seconds, memory_bytes

GB = 1e9


@dataclass(frozen=True)
class PaperModel:
    """A model that the paper looks at.

    Attributes
    ----------
    name : str
        As the paper calls it.
    hub : str
        Its name on the Hugging Face hub.
    k : int, optional
        Dimension of the null space, where the paper states one.
    sizes : Sizes
        As published.
    """

    name: str
    hub: str
    k: int | None
    sizes: Sizes

    @property
    def command(self) -> str:
        """The one command that scans it."""
        options = "" if self.k is None else f" --k {self.k}"
        return f"confidence-neurons scan {self.hub}{options} -o scans/{self.hub.split('/')[1]}"


SMALL = Sizes(124_439_808, 768, 3072, 50_257, tied=True, itemsize=4)
PYTHIA_410M = Sizes(405_334_016, 1024, 4096, 50_304, tied=False, itemsize=2)
PYTHIA_1B = Sizes(1_011_781_632, 2048, 8192, 50_304, tied=False, itemsize=2)
PHI_2 = Sizes(2_779_683_840, 2560, 10_240, 51_200, tied=False, itemsize=2)
GEMMA_2B = Sizes(2_506_172_416, 2048, 16_384, 256_000, tied=True, itemsize=2)
LLAMA_2_7B = Sizes(6_738_415_616, 4096, 11_008, 32_000, tied=False, itemsize=2)

PAPER_MODELS = (
    PaperModel("GPT-2 Small", "openai-community/gpt2", 12, SMALL),
    PaperModel("stanford-gpt2-small-a", "stanford-crfm/alias-gpt2-small-x21", None, SMALL),
    PaperModel("Pythia 410M", "EleutherAI/pythia-410m", None, PYTHIA_410M),
    PaperModel("Pythia 1B", "EleutherAI/pythia-1b", None, PYTHIA_1B),
    PaperModel("Phi-2", "microsoft/phi-2", None, PHI_2),
    PaperModel("Gemma", "google/gemma-2b", None, GEMMA_2B),
    PaperModel("LLaMA-2 7B", "meta-llama/Llama-2-7b-hf", 40, LLAMA_2_7B),
)


def costs() -> pd.DataFrame:
    """Of each model memory and, estimated, time on two cores.

    Returns
    -------
    pd.DataFrame
        `model`, `memory_gb`, `minutes`.
    """
    return pd.DataFrame(
        [
            {
                "model": model.name,
                "memory_gb": memory_bytes(model.sizes) / GB,
                "minutes": command_seconds(model.sizes) / 60,
            }
            for model in PAPER_MODELS
        ]
    )
