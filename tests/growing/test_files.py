"""Tables and tensors of a run: they come back, or damage is named."""

import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from confidence_neurons.growing.files import expect_shapes, read_tensors, write_table


def test_a_table_comes_back_rounded_and_in_the_same_bytes(tmp_path):
    table = pd.DataFrame({"step": [1, 2], "value": [1 / 3, 12345.6]})
    (tmp_path / "again").mkdir()
    for directory in (tmp_path, tmp_path / "again"):
        write_table(table, directory / "table.csv.gz", digits=3)
    read = pd.read_csv(tmp_path / "table.csv.gz")
    assert read.to_dict("list") == {"step": [1, 2], "value": [0.333, 12300.0]}
    first, again = (path.read_bytes() for path in tmp_path.rglob("table.csv.gz"))
    assert first == again


def test_tensors_and_metadata_come_back(tmp_path):
    save_file({"a": torch.ones(2)}, tmp_path / "a", metadata={"step": "3"})
    tensors, metadata = read_tensors(tmp_path / "a", "remedy")
    assert tensors["a"].tolist() == [1, 1]
    assert metadata == {"step": "3"}
    expect_shapes(tmp_path / "a", tensors, {"a": torch.zeros(2)}, "remedy")


@pytest.mark.parametrize("kept", [0, 5, 30, -1])
def test_a_truncated_file_is_named_with_the_remedy(tmp_path, kept):
    path = tmp_path / "a.safetensors"
    save_file({"a": torch.ones(20)}, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"a\.safetensors is damaged: .*\. Grow it again$"):
        read_tensors(path, "Grow it again")
