"""The localizer's options: defaults, files, and what is refused."""

import json

import numpy as np
import pytest

from stad.errors import InputError
from stad.localization.options import (
    LabelOptions,
    LabelValues,
    LocalizerOptions,
    class_options,
)


def test_what_a_label_inherits():
    options = LocalizerOptions(
        start_threshold=0.6,
        end_threshold=0.3,
        join_gap_sec=2.0,
        labels={"a": LabelOptions(min_length_sec=4.0), "b": LabelOptions(start_threshold=0.2)},
    )
    assert options.of_label("a") == LabelValues(0.6, 0.3, 4.0, 2.0)
    # Its end follows its start: 0.3 is above it.
    assert options.of_label("b") == LabelValues(0.2, 0.1, 0.25, 2.0)
    arrays = class_options(options, ("b", "other", "a"))
    assert arrays.start_threshold.tolist() == [0.2, 0.6, 0.6]
    assert arrays.min_length_sec.tolist() == [0.25, 0.25, 4.0]
    assert LocalizerOptions(0.4).of_label("x").end_threshold == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("lookahead_sec", "ahead_sec", "join_sec"),
    [(None, 1.0, 2.0), (9.0, 1.0, 2.0), (2.0, 1.0, 1.0), (0.5, 0.5, 0.0), (0.0, 0.0, 0.0)],
)
def test_the_look_ahead_cuts_joining_first(lookahead_sec, ahead_sec, join_sec):
    options = LocalizerOptions(join_gap_sec=2.0, window_sec=2.0, lookahead_sec=lookahead_sec)
    assert options.ahead_sec() == ahead_sec
    np.testing.assert_allclose(class_options(options, ("",)).join_gap_sec, [join_sec])


def test_a_file_brings_back_what_was_written(tmp_path):
    options = LocalizerOptions(
        0.4, 0.2, window_sec=2.0, labels={"walk": LabelOptions(0.9, join_gap_sec=0.0)}
    )
    options.to_file(tmp_path / "a.json")
    assert LocalizerOptions.from_file(tmp_path / "a.json") == options
    written = json.loads((tmp_path / "a.json").read_text())
    assert written["labels"] == {"walk": {"start_threshold": 0.9, "join_gap_sec": 0.0}}


HEAD = '{"format": "stad-localizer", "version": 1'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "expected a JSON object"),
        ("{", "is not JSON"),
        ("{}", '"format": "stad-localizer"'),
        (f'{HEAD}, "threshold": 0.5}}', "no option 'threshold'"),
        (f'{HEAD}, "start_threshold": "0.5"}}', "Expected a number for start_threshold"),
        (f'{HEAD}, "start_threshold": 0.5, "end_threshold": 0.6}}', "got 0.6 and 0.5"),
        (f'{HEAD}, "labels": {{"a": {{"start_threshold": 2}}}}}}', "got 1.5 and 2 for a"),
        (f'{HEAD}, "labels": [1]}}', "a.json"),
        (f'{HEAD}, "join_gap_sec": -1}}', "0 seconds or more"),
        (f'{HEAD}, "join_gap_sec": null}}', "a.json"),
        (f'{HEAD}, "window_sec": "2"}}', "Expected a number for window_sec"),
        (f'{HEAD}, "labels": {{"a": 1}}}}', "Expected an object with options, got 1"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, text, message):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=message):
        LocalizerOptions.from_file(tmp_path / "a.json")


def test_an_option_of_earlier_versions_without_effect_is_ignored(tmp_path):
    (tmp_path / "a.json").write_text(f'{HEAD}, "start_threshold": 0.4, "nms_sigma": 0.5}}')
    assert LocalizerOptions.from_file(tmp_path / "a.json") == LocalizerOptions(0.4)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        LocalizerOptions.from_file(tmp_path / "a.json")
