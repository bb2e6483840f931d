"""What a reader gets from a chart: its words, its controls, the rows that are drawn."""

import json
from typing import Any

import altair as alt
import pandas as pd


def spec_of(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """The specification, which must be JSON without NaN."""
    spec = chart.to_dict()
    json.dumps(spec, allow_nan=False)
    return spec


def shown(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """What a notebook has to show of a chart: kind of text -> the text."""
    bundle = chart._repr_mimebundle_()
    contents = bundle[0] if isinstance(bundle, tuple) else bundle
    assert contents is not None
    return contents


def datasets(chart: alt.TopLevelMixin) -> list[pd.DataFrame]:
    """The data of a chart; where lists are packed into a row, a row for each of their members."""
    frames = [pd.DataFrame(rows) for rows in spec_of(chart).get("datasets", {}).values()]
    return [unpacked(frame) for frame in frames]


def unpacked(frame: pd.DataFrame) -> pd.DataFrame:
    lists = [name for name in frame if isinstance(frame[name].iloc[0], list)]
    return frame.explode(lists, ignore_index=True).infer_objects() if lists else frame


def rows_of(chart: alt.TopLevelMixin, column: str | None = None) -> pd.DataFrame:
    """The largest data set of a chart, or that with this column."""
    frames = [frame for frame in datasets(chart) if column is None or column in frame]
    return max(frames, key=len)


def title_of(chart: alt.TopLevelMixin) -> str:
    return " ".join(spec_of(chart)["title"]["text"])


def found(spec: Any, key: str) -> list[Any]:
    """Everything under a key, however deep, in the order of the specification."""
    if isinstance(spec, list):
        return [value for each in spec for value in found(each, key)]
    if not isinstance(spec, dict):
        return []
    here = [spec[key]] if key in spec else []
    deeper = {name: value for name, value in spec.items() if name not in (key, "datasets")}
    return here + [value for each in deeper.values() for value in found(each, key)]


def axis_titles(chart: alt.TopLevelMixin, channel: str) -> list[str]:
    """The titles along one side, each once."""
    encodings = found(spec_of(chart), "encoding")
    titles = [each[channel].get("title") for each in encodings if channel in each]
    lines = [" ".join(title) if isinstance(title, list) else title for title in titles if title]
    return list(dict.fromkeys(lines))


def tooltip_titles(chart: alt.TopLevelMixin) -> set[str]:
    """All that pointing at something in a chart can say."""
    tips = [tip for each in found(spec_of(chart), "tooltip") for tip in each]
    return {tip.get("title", tip["field"]) for tip in tips}


def controls(chart: alt.TopLevelMixin) -> dict[str, dict[str, Any]]:
    """What stands before each control -> how it is set and to what."""
    params = [param for param in spec_of(chart).get("params", []) if "bind" in param]
    return {
        param["bind"]["name"].removesuffix(": "): {**param["bind"], "value": param["value"]}
        for param in params
    }


def options(chart: alt.TopLevelMixin, label: str) -> list[Any]:
    return controls(chart)[label]["options"]


def domain(chart: alt.TopLevelMixin, channel: str) -> list[Any]:
    """The names that colour, shape or dashes tell apart, in their order."""
    scales = [each[channel] for each in found(spec_of(chart), "encoding") if channel in each]
    return next(scale["scale"]["domain"] for scale in scales if "scale" in scale)


def look_of(chart: alt.TopLevelMixin, name: str, channel: str = "color") -> str:
    """The colour or shape of a name."""
    scales = [each[channel] for each in found(spec_of(chart), "encoding") if channel in each]
    scale = next(scale["scale"] for scale in scales if name in scale.get("scale", {})["domain"])
    return scale["range"][scale["domain"].index(name)]


def categories(chart: alt.TopLevelMixin, column: str) -> list[Any]:
    """Names of the rows, in the order in which they are drawn."""
    return list(dict.fromkeys(rows_of(chart, column)[column]))


def panels(chart: alt.TopLevelMixin) -> list[dict[str, Any]]:
    """The specifications of the panels, in the order of their numbers."""

    def below(spec: dict[str, Any]) -> list[dict[str, Any]]:
        if spec.get("name", "").startswith("panel_"):
            return [spec]
        inside = [*spec.get("vconcat", []), *spec.get("hconcat", [])]
        return [panel for each in inside for panel in below(each)]

    return sorted(below(spec_of(chart)), key=lambda panel: int(panel["name"].split("_")[1]))


def widths(chart: alt.TopLevelMixin) -> list[Any]:
    return found(spec_of(chart), "width")
