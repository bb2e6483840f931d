"""Changes by running the rest of the network again, once for each neuron and effect.

Slow, and right for every architecture and layer: for layers before the last,
for models that normalise the output of the MLP, and for soft-capped logits,
where an ablation is not an update of the last residual stream and the logits.
"""

import warnings
from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.engine.exact import Changes
from confidence_neurons.measure.outputs import entropy, kl_divergence, log_probabilities
from confidence_neurons.text.rows import measured
from confidence_neurons.weights.unigram import Unigram

SCALE = "ln_final.hook_scale"
MOST_ROWS = 16  # with more, it is not faster
TENSORS_PER_ROW = 16  # of size position x d_vocab; some 13 are held at once


@torch.no_grad()
def rerun_pieces(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch position"],
    layer: int,
    means: dict[int, float],
    unigram: Unigram | None = None,
    *,
    rows_at_once: int = MOST_ROWS,
    progress: bool = False,
) -> Iterator[tuple[slice, int, Changes]]:
    """Ablate each neuron at all positions of some rows, and measure the measured ones.

    Parameters
    ----------
    means:
        For each neuron of the layer, the value that it is held at.

    Returns
    -------
    An iterator over `(rows, neuron, changes)`; the names of the changes are
    those of `exact_changes` and `indirect_changes`, with one neuron each.
    """
    bar = tqdm(total=len(tokens) * len(means), desc="running again", disable=not progress)
    for first in range(0, len(tokens), rows_at_once):
        rows = slice(first, min(first + rows_at_once, len(tokens)))
        batch = tokens[rows].to(model.cfg.device)
        start = f"blocks.{layer}.hook_in"
        clean_logits, cache = model.run_with_cache(
            batch, names_filter=lambda name, start=start: name in (start, SCALE)
        )
        before, clean_scale = cache[start].clone(), cache[SCALE].clone()
        for neuron, mean in means.items():
            runs = _Runs(model, layer, neuron, mean, before)
            total, scale = runs.total()
            logits = {
                "total": total,
                "direct": runs.with_scale(clean_scale, ablated=True),
                "indirect": runs.with_scale(scale, ablated=False),
            }
            yield rows, neuron, changes_of_logits(clean_logits, logits, batch, unigram)
            bar.update(len(batch))
    bar.close()


def rows_within(memory_budget: float, model: TransformerBridge, length: int) -> int:
    """How many rows of this length to run at once within a budget in bytes; at least one."""
    row = TENSORS_PER_ROW * model.W_U.element_size() * length * model.cfg.d_vocab
    return max(1, min(MOST_ROWS, int(memory_budget // row)))


def check_precision(model: TransformerBridge) -> None:
    """Refuse half precision: a small effect drowns in the rounding of two runs.

    Raises
    ------
    ValueError
        If the model is not in float32 or float64.
    """
    if model.W_U.dtype not in (torch.float32, torch.float64):
        raise ValueError(
            "expected a model in float32 or float64, since here the network has to run again for "
            f"each neuron, got {model.W_U.dtype}: load it with load_model, which gives float32"
        )


class _Runs:
    """Forward passes from one layer on, with a neuron held at its mean."""

    def __init__(
        self,
        model: TransformerBridge,
        layer: int,
        neuron: int,
        mean: float,
        before: Float[Tensor, "batch position d_model"],
    ) -> None:
        self.model, self.layer, self.before = model, layer, before

        def hold(activations: Tensor, hook: object) -> Tensor:
            held = activations.clone()
            held[..., neuron] = mean
            return held

        self.hold = (f"blocks.{layer}.mlp.hook_post", hold)

    def total(self) -> tuple[Float[Tensor, "batch position d_vocab"], Tensor]:
        """Logits with the neuron held, and the final scale that came with them."""
        scales = []

        def read(scale: Tensor, hook: object) -> None:
            scales.append(scale.clone())

        return self._run([self.hold, (SCALE, read)]), scales[0]

    def with_scale(
        self, scale: Float[Tensor, "batch position 1"], *, ablated: bool
    ) -> Float[Tensor, "batch position d_vocab"]:
        """Logits with the final scale put in; the neuron held or left alone."""
        hooks = [(SCALE, lambda own, hook: scale.clone())]
        return self._run([self.hold, *hooks] if ablated else hooks)

    def _run(self, hooks: list) -> Float[Tensor, "batch position d_vocab"]:
        with warnings.catch_warnings():
            # TransformerLens warns that an edited scale takes its own, slower path.
            warnings.simplefilter("ignore", UserWarning)
            return self.model.run_with_hooks(
                self.before, start_at_layer=self.layer, fwd_hooks=hooks
            )


def changes_of_logits(
    clean: Float[Tensor, "batch position d_vocab"],
    ablated: dict[str, Float[Tensor, "batch position d_vocab"]],
    tokens: Int[Tensor, "batch position"],
    unigram: Unigram | None,
) -> Changes:
    """All changes, from whole logits; `ablated` has "total", "direct" and "indirect"."""
    target = tokens[:, 2:].flatten()
    before = _Levels(clean, target, unigram)
    after = {kind: _Levels(logits, target, unigram) for kind, logits in ablated.items()}
    if unigram is not None:
        shift = (ablated["total"] - clean).float() @ unigram.direction
        restored = ablated["total"] - shift.unsqueeze(-1) * unigram.direction
        after["direct_frequency"] = _Levels(restored, target, unigram)
    changes = {}
    for kind, levels in after.items():
        changes[f"entropy_{kind}"] = levels.entropy - before.entropy
        changes[f"loss_{kind}"] = levels.loss - before.loss
        if unigram is not None and kind in ("total", "direct_frequency"):
            changes[f"kl_{kind}"] = levels.kl - before.kl
            changes[f"kl_reverse_{kind}"] = levels.kl_reverse - before.kl_reverse
    total = after["total"]
    changes["kl_from_clean"] = kl_divergence(before.log_p, total.log_p)
    changes["argmax_changed"] = (total.log_p.argmax(-1) != before.log_p.argmax(-1)).float()
    return {name: values.unsqueeze(-1) for name, values in changes.items()}


class _Levels:
    """Entropy, loss and distances to the unigram distribution at the measured positions."""

    def __init__(self, logits: Tensor, target: Tensor, unigram: Unigram | None) -> None:
        self.log_p = log_probabilities(measured(logits).flatten(0, 1).float())
        self.entropy = entropy(self.log_p)
        self.loss = -self.log_p.gather(-1, target.unsqueeze(-1)).squeeze(-1)
        if unigram is not None:
            log_unigram = unigram.probability.log()
            self.kl = kl_divergence(log_unigram, self.log_p)
            self.kl_reverse = kl_divergence(self.log_p, log_unigram)
