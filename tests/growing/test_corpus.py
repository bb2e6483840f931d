"""The corpus: every book there, every checksum right, none of it in the repository."""

import csv
import hashlib
import re
import tarfile
from pathlib import Path

import pytest

from confidence_neurons.growing import corpus
from confidence_neurons.growing.corpus import Book, read_corpus, read_manifest

COLUMNS = ["file", "title", "author", "source repo", "commit", "licence", "bytes", "sha256"]
TEXTS = {"b.txt": "The coach had gone.\n", "a.txt": "A wet Tuesday — no letter.\n"}
ROOT = Path(__file__).parents[2]
NOT_OURS = {".git", ".venv", "_build", "build", "node_modules", "__pycache__"}


@pytest.fixture
def books(tmp_path, monkeypatch) -> Path:
    """A directory of two books, and a manifest that names them."""
    directory = tmp_path / "books"
    directory.mkdir()
    rows = []
    for name, text in TEXTS.items():
        data = text.encode("utf-8")
        (directory / name).write_bytes(data)
        title, sha = f"Book {name[0].upper()}", hashlib.sha256(data).hexdigest()
        rows.append([name, title, "Nobody", "somewhere/books", "c" * 40, "CC0", len(data), sha])
    manifest = tmp_path / "MANIFEST.tsv"
    with manifest.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, delimiter="\t").writerows([COLUMNS, *rows])
    monkeypatch.setattr(corpus, "MANIFEST", manifest)
    return directory


def archive(books: Path, path: Path) -> Path:
    with tarfile.open(path, "w:xz") as tar:
        for file in books.iterdir():
            tar.add(file, arcname=f"books/{file.name}")
    return path


def test_books_come_in_the_manifests_order(books):
    expected = [Book(name, f"Book {name[0].upper()}", "Nobody", TEXTS[name]) for name in TEXTS]
    assert read_corpus(books) == expected


def test_an_archive_or_its_directory_gives_the_same_books(books, tmp_path):
    holder = tmp_path / "holder"
    holder.mkdir()
    path = archive(books, holder / "books.tar.xz")
    assert read_corpus(path) == read_corpus(holder) == read_corpus(str(books))


def test_files_that_the_manifest_does_not_name_are_left_out(books):
    (books / "extra.txt").write_text("not asked for")
    assert [book.file for book in read_corpus(books)] == list(TEXTS)


def test_a_changed_book_is_refused(books):
    (books / "a.txt").write_text(TEXTS["a.txt"].replace("wet", "dry"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"'a\.txt' has SHA-256 .*somewhere/books at commit ccc"):
        read_corpus(books)


def test_a_changed_book_in_an_archive_is_refused(books, tmp_path):
    (books / "b.txt").write_text("")
    with pytest.raises(ValueError, match=r"'b\.txt' has SHA-256"):
        read_corpus(archive(books, tmp_path / "books.tar.xz"))


@pytest.mark.parametrize("kept", [0, 50, 120])
def test_a_damaged_archive_is_named(books, tmp_path, kept):
    path = archive(books, tmp_path / "books.tar.xz")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"books\.tar\.xz is damaged.*Fetch it again"):
        read_corpus(path)


def test_a_missing_book_is_named_with_its_source(books):
    (books / "a.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"'a\.txt'.*somewhere/books at commit ccc"):
        read_corpus(books)


def test_a_missing_corpus_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no corpus at"):
        read_corpus(tmp_path / "nowhere")


def test_the_manifest_says_where_every_book_is_from():
    rows = read_manifest()
    assert len(rows) >= 50
    for row in rows:
        assert list(row) == COLUMNS
        assert all(value.strip() for value in row.values()), row["file"]
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", row["source repo"])
        assert re.fullmatch(r"[0-9a-f]{40}", row["commit"])
        assert re.fullmatch(r"[0-9a-f]{64}", row["sha256"])
        assert int(row["bytes"]) > 10_000
        assert row["licence"].startswith("CC0")
        assert row["file"].endswith(".txt")
    for column in ("file", "sha256"):
        assert len({row[column] for row in rows}) == len(rows)


def test_no_book_is_in_the_repository():
    rows = read_manifest()
    names, sums = {row["file"] for row in rows}, {row["sha256"] for row in rows}
    sizes = {int(row["bytes"]) for row in rows}
    passages = ROOT / "lib" / "confidence_neurons" / "data" / "passages"
    looked_at = 0
    for path in _own_files(ROOT):
        looked_at += 1
        assert path.name not in names
        size = path.stat().st_size
        if path.suffix == ".txt" and path.parent != passages:
            assert size < 50_000, f"{path}: what is this long text?"
        if path.parent == passages:
            assert size < 20_000, f"{path}: a passage as long as a book?"
        if size in sizes:
            assert hashlib.sha256(path.read_bytes()).hexdigest() not in sums, path
    assert looked_at > 50


def _own_files(directory: Path):
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            if path.name not in NOT_OURS and not path.name.endswith(".egg-info"):
                yield from _own_files(path)
        elif path.is_file():
            yield path
