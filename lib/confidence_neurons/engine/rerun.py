"""Changes by running the rest of the network again, once for each neuron and effect.

Slow, and right for every architecture and layer: for layers before the last,
for models that normalise the output of the MLP, and for soft-capped logits,
where an ablation is not an update of the last residual stream and the logits.
"""

import warnings
from collections.abc import Mapping

import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from tqdm import tqdm
from transformer_lens.model_bridge import TransformerBridge

from confidence_neurons.engine.closed_form import Held
from confidence_neurons.engine.effects import Sums
from confidence_neurons.engine.exact import Changes
from confidence_neurons.measure.distributions import kl_of
from confidence_neurons.measure.interventions import held
from confidence_neurons.measure.paths import put_back
from confidence_neurons.measure.quantities import Prediction
from confidence_neurons.model.architecture import SCALE_HOOK, activation_hook, input_hook
from confidence_neurons.model.state import State
from confidence_neurons.weights.unigram import Unigram

MOST_ROWS = 16  # with more, it is not faster
TENSORS_PER_ROW = 16  # of size position x d_vocab; some 13 are held at once


@torch.no_grad()
def rerun_effects(
    model: TransformerBridge,
    state: State,
    to_hold: Held,
    unigram: Unigram | None = None,
    rows_at_once: int = MOST_ROWS,
    *,
    progress: bool = False,
) -> pd.DataFrame:
    """Hold each neuron at all positions of the text, and measure the counted ones.

    Returns
    -------
    As `engine.effects.exact_effects`.
    """
    sums = Sums(len(to_hold.neurons))
    rows_left = range(0, len(state.tokens), rows_at_once)
    bar = tqdm(
        total=len(rows_left) * len(to_hold.neurons), desc="running again", disable=not progress
    )
    for first in rows_left:
        few = state.rows(slice(first, first + rows_at_once))
        start = input_hook(state.layer)
        clean_logits, cache = model.run_with_cache(
            few.tokens.to(model.cfg.device),
            names_filter=lambda name, start=start: name in (start, SCALE_HOOK),
        )
        before, clean_scale = cache[start].clone(), cache[SCALE_HOOK].clone()
        for column, neuron in enumerate(to_hold.neurons):
            clip = None if to_hold.clip is None else to_hold.clip[column]
            runs = _Runs(model, state.layer, neuron, to_hold.level[column], clip, before)
            total, scale = runs.total()
            logits = {
                "total": total,
                "direct": runs.with_scale(clean_scale, ablated=True),
                "indirect": runs.with_scale(scale, ablated=False),
            }
            changes = changes_of_logits(clean_logits, logits, few, unigram)
            sums.add(slice(column, column + 1), changes)
            bar.update()
    bar.close()
    return sums.means(int(state.counted.sum())).assign(method="exact", error_estimate=0.0)


def rows_within(memory_budget: float, model: TransformerBridge, length: int) -> int:
    """How many rows of this length to run at once within a budget in bytes; at least one."""
    row = TENSORS_PER_ROW * model.W_U.element_size() * length * model.cfg.d_vocab
    return max(1, min(MOST_ROWS, int(memory_budget // row)))


def need_full_precision(model: TransformerBridge) -> None:
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
    """Forward passes from one layer on, with a neuron held."""

    def __init__(
        self,
        model: TransformerBridge,
        layer: int,
        neuron: int,
        level: Float[Tensor, ""],
        clip: Bool[Tensor, ""] | None,
        before: Float[Tensor, "batch position d_model"],
    ) -> None:
        self.model, self.layer, self.before = model, layer, before

        def hold(activations: Tensor, hook: object) -> Tensor:
            changed = activations.clone()
            changed[..., neuron] = held(activations[..., neuron], level.to(activations), clip)
            return changed

        self.hold = (activation_hook(layer), hold)

    def total(self) -> tuple[Float[Tensor, "batch position d_vocab"], Tensor]:
        """Logits with the neuron held, and the final scale that came with them."""
        scales = []

        def read(scale: Tensor, hook: object) -> None:
            scales.append(scale.clone())

        return self._run([self.hold, (SCALE_HOOK, read)]), scales[0]

    def with_scale(
        self, scale: Float[Tensor, "batch position 1"], *, ablated: bool
    ) -> Float[Tensor, "batch position d_vocab"]:
        """Logits with the final scale put in; the neuron held or left alone."""
        hooks = [(SCALE_HOOK, lambda own, hook: scale.clone())]
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
    ablated: Mapping[str, Float[Tensor, "batch position d_vocab"]],
    state: State,
    unigram: Unigram | None,
) -> Changes:
    """All changes at the counted positions; `ablated` has "total", "direct" and "indirect"."""
    target = state.targets()

    def predict(logits: Float[Tensor, "batch position d_vocab"]) -> Prediction:
        return Prediction.of(logits[state.counted].float(), target, unigram)

    before = predict(clean)
    after = {path: predict(logits) for path, logits in ablated.items()}
    distances = {"total", "frequency"} if unigram is not None else set()
    if unigram is not None:
        after["frequency"] = put_back(before, after["total"])
    changes = {}
    for path, prediction in after.items():
        names = ("entropy", "loss", *(("kl", "kl_reverse") if path in distances else ()))
        levels = before.read(names)
        for name, value in prediction.read(names).items():
            changes[f"{name}_{path}"] = value - levels[name]
    total = after["total"]
    changes["kl_from_clean"] = kl_of(before.log_p, total.log_p)
    changes["argmax_changed"] = (total.choice != before.choice).float()
    return {name: values.unsqueeze(-1) for name, values in changes.items()}
