"""Draw what moves on the landing page: `.venv/bin/python scripts/draw_landing.py`.

One neuron of `smollm2` is held at the values that it takes on the book's
passages, from the lowest to the highest, and the prediction after one sentence
is read off, with the final scale free and with it frozen. The page shows these
numbers (`book/_pictures/hero.html`, moved by `book/_static/hero.js`), and so
does the picture of links to the book (`book/_static/pictures/card.png`).
"""

import json
from html import escape
from pathlib import Path
from typing import Any

import torch
import vl_convert

import confidence_neurons as cn
from confidence_neurons.model.state import State, unembed

BOOK = Path(__file__).parent.parent / "book"
HERO = BOOK / "_pictures" / "hero.html"
CARD = BOOK / "_static" / "pictures" / "card.png"
SENTENCE = "When the rain stopped, the children went out to"
LAYER, NEURON = 29, 830
LEVELS = list(range(-58, 55, 2))
WIDE_ROWS = slice(25, 27)  # of the passages: there the neuron takes nearly all values that it takes
TOKENS = 5
DIGITS = 4
OTHERS = "all others"
CAPTION = (
    "One neuron of SmolLM2-135M, a real language model, held at the values that it takes on "
    "ordinary prose. The bars flatten and sharpen, and the five best guesses keep their order. "
    "Freeze the number by which the model scales its output, and the neuron loses most of its "
    "power."
)
CARD_SIZE = (1200, 630)
BLUE, ORANGE, INK, PALE = "#0072b2", "#e69f00", "#1b1b1b", "#5a6570"


def measure() -> dict[str, Any]:
    """Return the likeliest tokens, and their probabilities and the entropy at each level."""
    model = cn.load_light("smollm2")
    length = 1 + len(model.tokenizer(SENTENCE, add_special_tokens=False).input_ids)
    state = cn.run(model, cn.tokens_from_text(model, SENTENCE, length=length))

    def predict(state: State) -> torch.Tensor:
        return cn.log_probabilities(unembed(model, state.residual[:, -1], state.scale[:, -1])[0])

    chosen = predict(state).topk(TOKENS).indices

    def read(level: float, frozen: bool) -> dict[str, Any]:
        held = cn.ablate(model, state, [NEURON], to=float(level))
        found = predict(held.frozen(state) if frozen else held)
        shares = found[chosen].exp()
        return {
            "shares": [round(float(each), DIGITS) for each in (*shares, 1 - shares.sum())],
            "entropy": round(float(-(found.exp() @ found)), DIGITS),
        }

    return {
        "tokens": [str(model.tokenizer.decode([int(each)])).strip() for each in chosen],
        "own": round(float(state.activations[0, -1, NEURON]), 1),
        "levels": LEVELS,
        "free": [read(level, frozen=False) for level in LEVELS],
        "frozen": [read(level, frozen=True) for level in LEVELS],
    }


def activations() -> tuple[float, float]:
    """Return the lowest and the highest activation of the neuron on two rows of the passages."""
    model = cn.load_light("smollm2")
    tokens = cn.prose_tokens(model, length=64, count=WIDE_ROWS.stop)
    state = cn.run(model, tokens[WIDE_ROWS])
    values = state.activations[state.counted][:, NEURON]
    return float(values.min()), float(values.max())


def hero(found: dict[str, Any]) -> str:
    """Return the figure of the landing page, at the model's own setting until a script moves it."""
    place = min(range(len(LEVELS)), key=lambda i: abs(LEVELS[i] - found["own"]))
    shown = found["free"][place]
    widest = max(max(step["shares"]) for step in found["free"])
    bars = "\n".join(
        f'<li><span class="cn-hero-token">{escape(token)}</span><span class="cn-hero-track">'
        f'<span class="cn-hero-bar" style="width: {100 * share / widest:.1f}%"></span></span>'
        f'<span class="cn-hero-share">{100 * share:.0f} %</span></li>'
        for token, share in zip([*found["tokens"], OTHERS], shown["shares"], strict=True)
    )
    moves = {"widest": widest, **{name: found[name] for name in ("levels", "free", "frozen")}}
    data = escape(json.dumps(moves, separators=(",", ":")))
    return f"""<figure class="cn-hero" data-hero="{data}">
<p class="cn-hero-text">{escape(SENTENCE)} <span class="cn-hero-blank">…</span></p>
<ol class="cn-hero-bars">
{bars}
</ol>
<p class="cn-hero-entropy">How unsure: <output>{shown["entropy"]:.2f} nats</output></p>
<div class="cn-hero-controls" hidden>
<label>Neuron {LAYER}.{NEURON} <span class="cn-hero-slide"><span class="cn-hero-ends">sure</span>
<input type="range" min="0" max="{len(LEVELS) - 1}" value="{place}" />
<span class="cn-hero-ends">unsure</span></span></label>
<label><input type="checkbox" /> Freeze the scale</label>
<button type="button">Pause</button>
</div>
<figcaption>{CAPTION}</figcaption>
</figure>
"""


def card(found: dict[str, Any]) -> bytes:
    """Return the picture that stands for the book where a link to it is shown, as PNG."""
    low, high = found["free"][0], found["free"][-1]
    widest = max(low["shares"][0], high["shares"][0])

    def bars(left: int, step: dict[str, Any], colour: str) -> str:
        return "".join(
            f'<rect x="{left}" y="{250 + 54 * row}" width="{360 * share / widest:.0f}" height="38" '
            f'rx="4" fill="{colour}"/>'
            for row, share in enumerate(step["shares"][:TOKENS])
        )

    words = "".join(
        f'<text x="250" y="{278 + 54 * row}" font-size="30" text-anchor="end">{token}</text>'
        for row, token in enumerate(map(escape, found["tokens"]))
    )
    width, height = CARD_SIZE
    picture = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"
  width="{width}" height="{height}" font-family="sans-serif" fill="{INK}">
<rect width="{width}" height="{height}" fill="#ffffff"/>
<rect width="24" height="{height}" fill="{BLUE}"/>
<text x="80" y="106" font-size="58" font-weight="bold">Confidence Regulation Neurons</text>
<text x="80" y="166" font-size="31" fill="{PALE}">{escape(SENTENCE)} …</text>
{words}{bars(275, low, BLUE)}{bars(780, high, ORANGE)}
<text x="675" y="370" font-size="60" fill="{PALE}">→</text>
<text x="80" y="580" font-size="28">One neuron of a real model makes it less sure.
Its best guesses keep their order.</text>
</svg>"""
    return vl_convert.svg_to_png(picture, scale=1)


def main() -> None:
    """Measure, and write the figure and the picture."""
    found = measure()
    HERO.write_text(hero(found), encoding="utf-8")
    CARD.write_bytes(card(found))


if __name__ == "__main__":
    main()
