"""Mean-ablate neurons: effects on entropy, loss and prediction, total, direct and indirect."""

from confidence_neurons.ablation.scan import scan
from confidence_neurons.ablation.together import ablate_neurons
from confidence_neurons.ablation.tokens import token_effects

__all__ = ["ablate_neurons", "scan", "token_effects"]
