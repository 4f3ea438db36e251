"""Localizers by name: the default, options files, and a kind that a test adds."""

import json

import pytest

from stad.errors import InputError
from stad.localization import (
    LOCALIZERS,
    HysteresisLocalizer,
    LocalizerOptions,
    LocalizerSetup,
    open_localizer,
)
from stad.localization.options import FORMAT, VERSION

SETUP = {
    "threshold": 0.4,
    "window_sec": 2.0,
    "stride_sec": 1.0,
    "class_names": ("walk", "wave"),
}


def written(path, **values):
    path.write_text(json.dumps({"format": FORMAT, "version": VERSION, **values}))
    return path


def test_the_localizer_of_a_run(tmp_path):
    options = open_localizer(None, **SETUP).options
    assert (options.start_threshold, options.window_sec) == (0.4, 2.0)
    LocalizerOptions(start_threshold=0.7).to_file(tmp_path / "a.json")
    options = open_localizer(tmp_path / "a.json", **SETUP).options
    assert (options.start_threshold, options.window_sec) == (0.7, 2.0)


def test_a_file_may_name_its_kind(tmp_path):
    path = written(tmp_path / "a.json", kind="hysteresis", start_threshold=0.7)
    localizer = open_localizer(path, **SETUP, allowed=frozenset({1}))
    assert isinstance(localizer, HysteresisLocalizer)
    assert localizer.options == LocalizerOptions(0.7, window_sec=2.0)
    assert LocalizerOptions.from_file(path) == LocalizerOptions(0.7)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "watershed"}, r"a.json: .*kind 'watershed'. Use one of hysteresis"),
        ({"kind": ["hysteresis"]}, r"a.json: .*kind"),
        ({"min_length_sec": -1}, r"a.json: .*0 seconds or more"),
        ({"labels": {"run": {}}}, r"a.json: .*label 'run', which the model does not have"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, values, message):
    with pytest.raises(InputError, match=message):
        open_localizer(written(tmp_path / "a.json", **values), **SETUP)


def test_another_kind_is_one_line_in_the_table(tmp_path, monkeypatch):
    class Watershed(HysteresisLocalizer):
        @classmethod
        def open(cls, setup: LocalizerSetup):
            assert setup.values == {"level": 0.3}
            return cls(LocalizerOptions(setup.threshold), setup.stride_sec)

    monkeypatch.setitem(LOCALIZERS, "watershed", Watershed)
    path = written(tmp_path / "a.json", kind="watershed", level=0.3)
    localizer = open_localizer(path, **SETUP)
    assert isinstance(localizer, Watershed)
    assert localizer.options.start_threshold == 0.4
    with pytest.raises(InputError, match="expected options of the localizer 'hysteresis'"):
        LocalizerOptions.from_file(path)
