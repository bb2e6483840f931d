"""What a model is grown from: sizes, mixture of text, optimiser."""

from dataclasses import dataclass, replace

from confidence_neurons.growing.noise import KINDS

FINAL_NORMS = ("layer", "rms")


@dataclass(frozen=True)
class Settling:
    """The last part of a run: a second warm-up, and more but milder corruption.

    Sequences that are only a little corrupted ask for small corrections of
    confidence, which the entropy neurons then make on clean prose too. The
    part begins from the weights rounded to half precision and with fresh
    optimiser moments, so that it can be repeated from a model as it ships.

    Attributes
    ----------
    start : int
        The first step of this part.
    corruption_exponent : float
        The rate of corruption of a sequence is highest_corruption * u ** exponent,
        u uniform from 0 to 1.
    """

    start: int
    warmup_steps: int
    learning_rate: float
    corrupted_share: float
    repeated_share: float
    corruption_exponent: float


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, apart from the corpus or language.

    Lengths are in tokens. The three kinds of training sequence (see
    `mixture`) are clean prose, corrupted prose and repeated segments; their
    shares add up to one. A language of known entropy has no such kinds.

    Attributes
    ----------
    induction_phase : tuple[int, int]
        From which step to before which step repeats take a larger share, at
        the cost of clean prose. Induction heads need many repeats to form
        and, once formed, few to stay.
    noise : tuple[str, ...]
        What corrupted sequences hold (see `noise`); of several, each has one.
    random_repeats : float
        Share of the repeated segments that are of random tokens, not of prose.
    settling : Settling, optional
        The last part of the run, if it differs from the first.
    final_norm : str
        "layer" or "rms".
    learned_gain : bool
        Whether the final norm's gain is learned, or stays 1.
    frozen_scale : float, optional
        None for an ordinary final LayerNorm. A number replaces the scale
        that LayerNorm computes (the standard deviation of the residual
        stream) by that constant: the control model in which no neuron can
        act through the scale.
    dropout : float
        On the embedding, and on what each attention and MLP layer writes.
    rotated : bool
        Take AdamW's elementwise steps in a random basis of the residual
        stream, so that no coordinate is privileged by them (see `optimizer`).
    threads : int
        Part of the recipe, because the order of floating-point sums, and so
        the last bit of every weight, depends on it.
    """

    name: str
    vocab_size: int = 2048
    d_model: int = 128
    n_layers: int = 3
    n_heads: int = 4
    sequence_length: int = 256
    batch_size: int = 12
    steps: int = 11_000
    warmup_steps: int = 200
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.95)
    gradient_clip: float = 1.0
    corrupted_share: float = 0.25
    repeated_share: float = 0.25
    induction_phase: tuple[int, int] = (5_500, 7_000)
    induction_phase_repeated_share: float = 0.7
    highest_corruption: float = 1.2
    shortest_segment: int = 8
    longest_segment: int = 120
    noise: tuple[str, ...] = ("unigram",)
    random_repeats: float = 0.5
    settling: Settling | None = None
    final_norm: str = "layer"
    learned_gain: bool = True
    frozen_scale: float | None = None
    tied: bool = True
    dropout: float = 0.0
    rotated: bool = False
    seed: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        """Refuse a recipe that contradicts itself."""
        shares = (self.corrupted_share, self.repeated_share)
        if min(shares) < 0 or sum(shares) > 1:
            raise ValueError(
                f"expected corrupted_share and repeated_share of at least 0, together at most 1, "
                f"got {shares[0]} and {shares[1]}"
            )
        if not self.noise or not set(self.noise) <= set(KINDS):
            raise ValueError(f"expected noise of the kinds {', '.join(KINDS)}, got {self.noise}")
        if not 0 <= self.random_repeats <= 1:
            raise ValueError(
                f"expected random_repeats, a share, from 0 to 1, got {self.random_repeats}"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"expected a dropout from 0 to below 1, got {self.dropout}")
        if self.final_norm not in FINAL_NORMS:
            raise ValueError(
                f"expected a final_norm of {' or '.join(FINAL_NORMS)}, got {self.final_norm!r}"
            )
        if self.d_model % (2 * self.n_heads):
            raise ValueError(
                f"expected d_model to be a multiple of 2 * n_heads = {2 * self.n_heads}, "
                f"got {self.d_model}"
            )
        if self.steps < 1:
            raise ValueError(f"expected steps of at least 1, got {self.steps}")
        if not 1 <= self.shortest_segment <= self.longest_segment:
            raise ValueError(
                "expected 1 <= shortest_segment <= longest_segment, got "
                f"{self.shortest_segment} and {self.longest_segment}"
            )
        if self.settling is not None and not 0 < self.settling.start < self.steps:
            raise ValueError(
                f"expected settling to start between 0 and the last step, {self.steps}, "
                f"got {self.settling.start}"
            )
        if self.frozen_scale is not None and not (
            self.frozen_scale > 0 and self.final_norm == "layer"
        ):
            raise ValueError(
                "expected a frozen_scale above 0, and final_norm 'layer' beside it, got "
                f"{self.frozen_scale} and {self.final_norm!r}"
            )

    @property
    def d_mlp(self) -> int:
        """Neurons of a layer."""
        return 4 * self.d_model

    def shares_at(self, step: int) -> tuple[float, float]:
        """Shares of corrupted and of repeated sequences in one step."""
        if self.settling is not None and step >= self.settling.start:
            return self.settling.corrupted_share, self.settling.repeated_share
        start, end = self.induction_phase
        inside = start <= step < end
        repeated = self.induction_phase_repeated_share if inside else self.repeated_share
        return self.corrupted_share, repeated

    def corruption_exponent_at(self, step: int) -> float:
        """How the rates of corruption lean towards 0 in one step; 1 is uniform."""
        if self.settling is not None and step >= self.settling.start:
            return self.settling.corruption_exponent
        return 1.0

    @property
    def tokens_per_step(self) -> int:
        """BOS tokens included."""
        return self.batch_size * self.sequence_length


PROSE = Recipe(
    name="prose",
    steps=13_000,
    settling=Settling(
        start=11_000,
        warmup_steps=100,
        learning_rate=1.2e-3,
        corrupted_share=0.5,
        repeated_share=0.2,
        corruption_exponent=3.0,
    ),
)

RECIPES: dict[str, Recipe] = {
    "prose": PROSE,
    "prose-no-norm": replace(PROSE, name="prose-no-norm", frozen_scale=1.0),
}
