"""The set-up cell of every chapter: the same in Colab, in Kaggle, in Binder and on a laptop."""

INSTALLING = """\
# Installs the library where it is missing. numpy and torch, where they are there, stay as they are.
import importlib.metadata
import importlib.util

if importlib.util.find_spec("confidence_neurons") is None:
    found = {{package.name: package.version for package in importlib.metadata.distributions()}}
    held = " ".join(f"{{name}}=={{found[name]}}" for name in ("numpy", "torch") if name in found)
    %pip install -q {{held}} "git+{repository}@{tag}"

import confidence_neurons as cn

cn.show_versions()"""

ASKING = """\
# Says what to do where the library is missing.
import importlib.util

if importlib.util.find_spec("confidence_neurons") is None:
    raise ModuleNotFoundError(
        "confidence_neurons is missing: run `%pip install FOLDER` here, where FOLDER is your copy "
        "of the book, or `make book` in that folder and open this notebook with its .venv"
    )

import confidence_neurons as cn

cn.show_versions()"""


def setup_cell(repository: str | None, tag: str) -> str:
    """Return the source of the cell.

    Installing names the installed versions of numpy and torch, so that pip
    leaves them alone: a running kernel may have loaded them.

    Parameters
    ----------
    repository : str, optional
        Address of the published repository; None if there is none.
    tag : str
        The release that is installed from it.
    """
    return ASKING if repository is None else INSTALLING.format(repository=repository, tag=tag)
