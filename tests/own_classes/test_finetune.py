"""Train the small network itself on a folder of rendered videos."""

import json

import pytest

from stad import zoo
from stad.annotations.ava_csv import read_ava_csv
from stad.own_classes.finetune import RunnerOptions, finetune_own
from stad.zoo.checkpoint import read_checkpoint
from tests.own_classes.rendered import person_folder

CHANGES = {
    "train_cfg.max_epochs": 1,
    "train_dataloader.num_workers": 0,
    "train_dataloader.persistent_workers": False,
    "train_dataloader.batch_size": 8,
    "val_dataloader.num_workers": 0,
    "val_dataloader.persistent_workers": False,
}


@pytest.mark.slow
def test_the_network_is_trained_and_describes_people_for_the_head(tmp_path, training):
    folder = person_folder(tmp_path / "mine", num_videos=4)

    trained = finetune_own(folder.path, training, RunnerOptions(changes=CHANGES), progress=False)

    table = read_ava_csv(str(folder.path / "finetune" / "train.csv"))
    assert (folder.path / "finetune" / "label_map.txt").read_text() == "red\nnothing of these\n"
    # 8 times and 2 people a video; one is red for 4 times.
    assert len(table.class_id) == 3 * 16
    assert (table.class_id == 1).sum() == 3 * 4
    before, after = (
        read_checkpoint(one)["backbone.conv1.conv.weight"]
        for one in (training.weights, folder.path / "finetune" / "network.safetensors")
    )
    assert not before.equal(after)
    model = zoo.open_model(str(folder.path)).model
    assert model.backbone.conv1.conv.weight.equal(after)
    content = json.loads((folder.model_path / "model.json").read_text())
    assert content["figures"]["validation"]["mean_ap"] > 0.5
    # Only the validation part, one of four videos, may check anything.
    assert len(trained.fitted.oof_rows) == 16
    assert trained.fitted.head.num_classes == 1
