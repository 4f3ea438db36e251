"""Which model a run takes where none is named."""

import pytest

from stad import zoo
from stad.errors import InputError
from stad.inference.build import build_models
from stad.inference.options import InferenceOptions


@pytest.mark.parametrize(
    ("options", "stride_sec", "any_licence"),
    [
        ({}, 1.0, False),
        ({"stride_sec": 0.25}, 0.25, False),
        ({"model": "any-licence"}, 1.0, True),
    ],
)
def test_the_choice_knows_the_stride_and_the_licences(
    monkeypatch, options, stride_sec, any_licence
):
    asked = []

    def choose(device, **given):
        asked.append((device, given))
        return "zzz", "the best in the cache"

    monkeypatch.setattr(zoo, "choose_detection_model", choose)
    log = []
    with pytest.raises(InputError, match="There is no model named 'zzz'"):
        build_models(
            InferenceOptions(device="cpu", **options),
            frame_size=(64, 48),
            progress=False,
            log=log.append,
        )
    wanted = {"stride_sec": stride_sec, "any_licence": any_licence, "progress": False}
    assert asked == [("cpu", wanted)]
    assert log == ["choice    zzz: the best in the cache"]
