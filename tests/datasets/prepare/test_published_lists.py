"""Published lists that are missing or of another format."""

import pytest

from stad.datasets.prepare.published_lists import (
    read_class_file,
    read_class_folders,
    read_files,
    read_hmdb51,
    read_ucf101,
)
from stad.errors import InputError
from tests.annotations.list_files import write


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda at: read_hmdb51(at, 1), r"no files CLASS_test_split1\.txt"),
        (lambda at: read_ucf101(at, 1), r"trainlist01\.txt cannot be read"),
        (lambda at: read_class_file(write(at, "c.json", "[1]")), "a JSON of names and numbers"),
        (lambda at: read_class_file(write(at, "c.json", '{"a": 1}')), "the numbers 0 to 0"),
        (lambda at: read_class_file(write(at, "c.json", '{"a":' * 9999)), "is not JSON"),
        (lambda at: read_class_file(write(at, "c.json", '{"a": Infinity}')), "a JSON of names"),
        (lambda at: read_class_folders(at / "none", ["train"]), "no folder of videos .*/none"),
        (
            lambda at: read_files(
                [write(at, "a_train.txt", "a.mp4 0\n"), write(at, "b_train.txt", "a.mp4 0\n")]
            ),
            "both of the split 'train'",
        ),
    ],
)
def test_a_missing_or_wrong_file_is_an_error(tmp_path, make, said):
    with pytest.raises(InputError, match=said):
        make(tmp_path)
