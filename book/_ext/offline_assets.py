"""Sphinx extension: every script that the site runs comes from the site itself.

Altair's HTML fetches vega, vega-lite and vega-embed from a CDN, unless
`VEGA_DEBUG` says that the versions it wants are on the page already. This
extension writes a bundle of the three into the site, loads it in the head of
each page, and says so. The notebooks stay as they are, so that charts draw in
Colab too. It also copies MathJax from `book/vendor`.
"""

import json
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import altair
import vl_convert
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from page_scripts import leave_out

VENDOR = Path(__file__).parent.parent / "vendor"
MATHJAX = "mathjax/tex-svg.js"


def wanted_versions() -> dict[str, str]:
    """Return the versions that the installed Altair asks for, keyed as in `VEGA_DEBUG`."""
    return {
        "vega_version": altair.VEGA_VERSION,
        "vegalite_version": altair.VEGALITE_VERSION,
        "vegaembed_version": altair.VEGAEMBED_VERSION,
    }


def bundled_versions() -> dict[str, str]:
    """Return the versions in the bundle that goes with the installed Altair.

    vl-convert ships several releases of vega-lite; the one of Altair's own
    major and minor version is taken.
    """
    major_minor = ".".join(altair.VEGALITE_VERSION.split(".")[:2])
    if major_minor not in vl_convert.get_vegalite_versions():
        raise ExtensionError(
            f"expected vl-convert to bundle vega-lite {major_minor}, which Altair "
            f"{altair.__version__} asks for; it has {vl_convert.get_vegalite_versions()}. "
            "Install the versions in constraints.txt."
        )
    return {
        "vega_version": vl_convert.get_vega_version(),
        "vegalite_version": major_minor,
        "vegaembed_version": vl_convert.get_vega_embed_version(),
    }


def compatible(wanted: str, bundled: str) -> bool:
    """Say whether two versions agree in all the parts that both of them name.

    Altair names vega and vega-embed by major version only (`6` means any
    6.x.y), and vl-convert names vega-lite by major and minor version.
    """
    return all(a == b for a, b in zip(wanted.split("."), bundled.split("."), strict=False))


def vega_script() -> str:
    """Return the bundle, and after it the statement of what is on the page.

    The bundle stands in a function of its own: it declares thousands of short
    names, which must not become global.
    """
    wanted, bundled = wanted_versions(), bundled_versions()
    for name, asked in wanted.items():
        if not compatible(asked, bundled[name]):
            raise ExtensionError(
                f"expected {name} {asked}, as Altair {altair.__version__} asks for, got "
                f"{bundled[name]} in vl-convert {version('vl-convert-python')}. "
                "Install the versions in constraints.txt."
            )
    # Without a snippet of ours the bundle has one of its own; the stubs leave that out.
    bundle = vl_convert.javascript_bundle(vl_version=bundled["vegalite_version"])  # pyright: ignore[reportCallIssue]
    return f"(function () {{\n{bundle}\n}})();\nvar VEGA_DEBUG = {json.dumps(wanted)};\n"


def write_assets(app: Sphinx) -> None:
    """Put the scripts into the site's static files and the bundle onto every page."""
    if app.builder.format != "html":
        return
    vendor = Path(app.outdir) / "_static" / "vendor"
    (vendor / "mathjax").mkdir(parents=True, exist_ok=True)
    shutil.copy(VENDOR / MATHJAX, vendor / MATHJAX)
    shutil.copy(VENDOR / "mathjax" / "LICENSE", vendor / "mathjax" / "LICENSE")
    (vendor / "vega.js").write_text(vega_script(), encoding="utf-8")
    app.add_js_file("vendor/vega.js", priority=100)


def leave_thebe_out(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Take Thebe off the page.

    Jupyter Book puts Thebe's settings, which name a CDN, on every page (twice,
    which is an error in JavaScript), although no page has a Thebe button.
    """
    leave_out(context, ["thebe"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("builder-inited", write_assets)
    app.connect("html-page-context", leave_thebe_out, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
