from __future__ import annotations

from pathlib import Path

import pytest
from mmengine.config import Config

from stad.engine.run_config import check_inputs
from stad.errors import InputError
from tests.datasets.records.shard_files import write_label_map, write_shards


def config_of(folder: Path, label_map: str) -> Config:
    loaders = {
        f"{split}_dataloader": {
            "dataset": {"records": f"{folder}/{split}*.tfrecord", "label_map": label_map}
        }
        for split in ("train", "val")
    }
    return Config(loaders)


def test_shards_that_are_missing_are_named_with_what_gets_them(tmp_path):
    config = config_of(tmp_path, "youtube8m")
    write_shards(tmp_path, [1])
    with pytest.raises(InputError) as caught:
        check_inputs(config, ("train_dataloader", "val_dataloader"))
    assert str(caught.value).startswith(
        f"There are no shards of records in {tmp_path}/val*.tfrecord: "
    )
    assert "'python tools/prepare_youtube8m.py data/youtube8m'" in str(caught.value)
    check_inputs(config, ("train_dataloader",))


def test_a_label_map_that_is_missing_comes_first(tmp_path):
    with pytest.raises(InputError, match=r"missing: .*none\.txt"):
        check_inputs(config_of(tmp_path, str(tmp_path / "none.txt")), ("train_dataloader",))
    label_map = write_label_map(tmp_path)
    with pytest.raises(InputError, match="no shards of records in"):
        check_inputs(config_of(tmp_path, label_map), ("train_dataloader",))
