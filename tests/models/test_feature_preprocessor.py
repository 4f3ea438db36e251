"""Features of records: dequantised, blank beyond the end, and scaled as the model takes them."""

import numpy as np
import pytest
import torch

from stad.models.feature_preprocessor import FeaturePreprocessor, eigenvalues_of
from stad.structures import RecordMeta, RecordSample
from tests.golden import golden

PLAIN = [{"name": "rgb", "channels": 2}, {"name": "audio", "channels": 1}]


def test_bytes_become_values_as_the_data_set_defines_them():
    features = torch.tensor([[[0, 255, 1], [127, 128, 255]]], dtype=torch.uint8)
    frames, mask = FeaturePreprocessor(PLAIN).normalise(features, [(2, 2)])
    expected = np.array([[0, 255, 1], [127, 128, 255]]) * 4 / 255 + 4 / 512 - 2
    np.testing.assert_allclose(frames[0], expected, atol=1e-6)
    assert mask.shape == (1, 2, 2)
    assert mask.all()


def test_frames_beyond_the_end_are_blank_in_each_modality():
    features = torch.full((2, 3, 3), 255, dtype=torch.uint8)
    frames, mask = FeaturePreprocessor(PLAIN).normalise(features, [(3, 1), (0, 2)])
    value = 2 + 4 / 512
    assert mask.tolist() == [
        [[True, True], [True, False], [True, False]],
        [[False, True], [False, True], [False, False]],
    ]
    expected = [
        [[value, value, value], [value, value, 0], [value, value, 0]],
        [[0, 0, value], [0, 0, value], [0, 0, 0]],
    ]
    np.testing.assert_allclose(frames, expected, atol=1e-6)


def test_whitening_is_reversed():
    modalities = [{"channels": 2, "eigenvalues": [4.0, 9.0]}, {"channels": 1}]
    features = torch.full((1, 1, 3), 255, dtype=torch.uint8)
    frames, _ = FeaturePreprocessor(modalities, pad_to=2).normalise(features, [(1, 1)])
    half = 4 / 512
    # 255 is 2 and half a step; blank is 0 before the half step is taken off.
    expected = [[2 * 2.0001, 2 * 3.0001, 2 + half], [-half * 2.0001, -half * 3.0001, 0]]
    np.testing.assert_allclose(frames[0], expected, rtol=1e-5)


def test_youtube8m_has_1024_eigenvalues():
    values = eigenvalues_of("youtube8m")
    assert values.shape == (1024,)
    np.testing.assert_array_equal(values, golden("nextvlad_standard")["eigenvals"])
    assert (np.diff(values) <= 0).all()


def test_a_batch_of_the_loader():
    samples = [RecordSample(torch.zeros(4), (1, 1), RecordMeta("a", "a", 0))]
    preprocessor = FeaturePreprocessor(PLAIN)
    batch = preprocessor(
        {"inputs": torch.zeros(1, 1, 3, dtype=torch.uint8), "data_samples": samples}
    )
    frames, mask = batch["inputs"]
    assert (frames.shape, frames.dtype, mask.shape) == ((1, 1, 3), torch.float32, (1, 1, 2))
    assert batch["data_samples"][0].meta.record_id == "a"
    assert not preprocessor.state_dict()


@pytest.mark.parametrize(
    ("shape", "dtype", "counts", "said"),
    [
        ((1, 2, 4), torch.uint8, [(1, 1)], r"features must be \(N, T, 3\) uint8, got \(1, 2, 4\)"),
        ((1, 2, 3), torch.float32, [(1, 1)], "got .* float32"),
        ((1, 2, 3), torch.uint8, [(1,)], "1 times 2 numbers"),
        ((2, 2, 3), torch.uint8, [(1, 1)], "2 times 2 numbers"),
    ],
)
def test_features_of_another_kind(shape, dtype, counts, said):
    with pytest.raises(ValueError, match=said):
        FeaturePreprocessor(PLAIN).normalise(torch.zeros(shape, dtype=dtype), counts)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("imagenet", "eigenvalues must be 'youtube8m'"),
        ([1.0, 0.0], "must be numbers above 0"),
        ([1.0], "one per channel, got 1 for 2"),
    ],
)
def test_eigenvalues_that_cannot_be(values, said):
    with pytest.raises(ValueError, match=said):
        FeaturePreprocessor([{"channels": 2, "eigenvalues": values}])
