"""Contrast of two CSS colours, as the Web Content Accessibility Guidelines define it."""

import re


def luminance(colour: str) -> float:
    """Return the relative luminance, in [0, 1], of a colour such as `rgb(0, 0, 0)`.

    Raises
    ------
    ValueError
        If the colour is not opaque or not in the form that browsers compute.
    """
    match = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour)
    if match is None:
        raise ValueError(f"expected an opaque colour such as 'rgb(0, 0, 0)', got {colour!r}")
    channels = [int(value) / 255 for value in match.groups()]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours: 1 for equal ones, 21 for black on white."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)
