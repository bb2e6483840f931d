"""Counts of the books for a packaged model: whole books, and nothing but counts is shipped."""

import json

import pytest
import torch
from safetensors.torch import load_file

from confidence_neurons.files import sha256
from confidence_neurons.growing import counting
from confidence_neurons.growing.counting import count_books, main, ship_records
from tiny_models import TRAINING_TEXT, tiny_tokenizer

BOOKS = ["\n\n".join(TRAINING_TEXT), TRAINING_TEXT[0]]


def test_every_paragraph_is_counted_with_the_empty_line_behind_it():
    tokenizer = tiny_tokenizer()
    expected = torch.zeros(300, dtype=torch.int32)
    for paragraph in [*TRAINING_TEXT, TRAINING_TEXT[0]]:
        for token in tokenizer(paragraph + "\n\n")["input_ids"]:
            expected[token] += 1
    found = count_books(tokenizer, BOOKS)
    assert found.dtype == torch.int32
    assert torch.equal(found, expected)


def test_counts_are_put_beside_the_card_and_have_a_checksum(tmp_path):
    (tmp_path / "verse").mkdir()
    (tmp_path / "verse" / "README.md").write_text("card")
    (tmp_path / "checksums.json").write_text('{"prose": {"a": "b"}}')
    ship_records("verse", torch.arange(5, dtype=torch.int32), {"groups": {}}, tmp_path)
    assert load_file(tmp_path / "verse" / counting.FILE)["counts"].tolist() == [0, 1, 2, 3, 4]
    sums = json.loads((tmp_path / "checksums.json").read_text())
    assert sums["prose"] == {"a": "b"}
    assert sums["verse"] == {file.name: sha256(file) for file in (tmp_path / "verse").iterdir()}
    assert set(sums["verse"]) == {"README.md", counting.FILE, counting.GROUPS_FILE}


def test_a_corpus_that_is_not_there_takes_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit, match="1"):
        main(["smollm2", "--corpus", str(tmp_path / "nowhere")])
    assert "no corpus at" in capsys.readouterr().err
