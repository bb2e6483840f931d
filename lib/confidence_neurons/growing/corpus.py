"""Read the public-domain books that the models are grown from."""

import csv
import hashlib
import lzma
import tarfile
from dataclasses import dataclass
from pathlib import Path

from confidence_neurons.growing.files import damaged

MANIFEST = Path(__file__).parent / "MANIFEST.tsv"


@dataclass(frozen=True)
class Book:
    """One book: its file name, title, author and whole text."""

    file: str
    title: str
    author: str
    text: str


def read_manifest() -> list[dict[str, str]]:
    """Rows of the committed manifest: titles, sources, commits, checksums."""
    with MANIFEST.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def read_corpus(path: str | Path) -> list[Book]:
    """The manifest's books, in its order, with every checksum verified.

    Parameters
    ----------
    path : str or Path
        A directory that holds the books as text files, or an archive
        (`books.tar.xz`) of them, or a directory that holds the archive.

    Returns
    -------
    list[Book]
        In the order of the manifest.

    Raises
    ------
    FileNotFoundError
        If the path, or a book that the manifest names, is missing.
    ValueError
        If the archive is damaged, or a book's SHA-256 differs from the manifest's.
    """
    contents = _read_files(Path(path))
    books = []
    for row in read_manifest():
        name = row["file"]
        if name not in contents:
            raise FileNotFoundError(
                f"corpus {path}: the manifest names {name!r}, which is not there. "
                f"Fetch it from {row['source repo']} at commit {row['commit']}."
            )
        found = hashlib.sha256(contents[name]).hexdigest()
        if found != row["sha256"]:
            raise ValueError(
                f"corpus {path}: {name!r} has SHA-256 {found}, expected {row['sha256']}. "
                f"Fetch it again from {row['source repo']} at commit {row['commit']}."
            )
        books.append(Book(name, row["title"], row["author"], contents[name].decode("utf-8")))
    return books


def _read_files(path: Path) -> dict[str, bytes]:
    if not path.exists():
        raise FileNotFoundError(f"no corpus at {path}: give a directory of books or books.tar.xz")
    archive = path / "books.tar.xz" if path.is_dir() else path
    if archive.is_file():
        try:
            with tarfile.open(archive) as tar:
                members = [member for member in tar.getmembers() if member.isfile()]
                return {Path(m.name).name: tar.extractfile(m).read() for m in members}  # type: ignore[union-attr]
        except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
            raise damaged(
                archive, "it cannot be unpacked", "Fetch it again, or give a directory of the books"
            ) from error
    return {file.name: file.read_bytes() for file in sorted(path.glob("*.txt"))}
