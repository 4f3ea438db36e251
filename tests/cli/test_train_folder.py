"""``stad train`` takes a folder or a config, and options go with the one they are for."""

import pytest

from stad.cli.main import stad_main
from stad.errors import InputError
from tests.own_classes.rendered import TINY, person_folder, tiny_weights


def test_a_folder_is_trained_and_its_classes_are_shown(tmp_path, capsys):
    folder = person_folder(tmp_path / "mine", num_videos=4)
    weights = tiny_weights(tmp_path / "tiny.pth")

    stad_main(
        [
            *("train", str(folder.path), "--views", "crop", "--variants", "1"),
            *("--backbone", str(TINY), "--backbone-weights", str(weights), "--runtime", "torch"),
        ]
    )

    out, err = capsys.readouterr()
    assert "threshold" in out.splitlines()[0]
    assert out.splitlines()[1].split()[:4] == ["red", "16", "48", "4"]
    assert f"Use it with --model {folder.path}" in err
    stad_main(["models", "labels", "--model", str(folder.path)])
    assert capsys.readouterr().out == "  1  red\n"


def test_options_go_with_what_they_are_for(tmp_path):
    with pytest.raises(InputError, match=r"--views is for a folder of your own videos"):
        stad_main(["train", "configs/slowfast_ava.py", "--views", "crop"])
    with pytest.raises(InputError, match=r"--work-dir is for a config, and .* is a folder"):
        stad_main(["train", str(tmp_path), "--work-dir", "out"])


def test_an_empty_folder_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"has no video. Put your videos into it"):
        stad_main(["train", str(tmp_path), "--quiet"])
