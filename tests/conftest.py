"""What holds for every test: no model hub, one thread a process, and shapes that are true."""

import os

from jaxtyping import install_import_hook

# Read when torch is first imported: two test processes share two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# Every call of a function of ours checks its annotations, tensors' shapes included.
install_import_hook(["confidence_neurons", "confidence_neurons_book"], "enforced.enforced")
