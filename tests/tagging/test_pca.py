"""PCA: as numpy computes it, whitened, quantised, and as large as the data allow."""

import numpy as np
import pytest

from stad.errors import InputError
from stad.tagging.pca import fit_pca, load_pca, save_pca

KIND = {"backbone": "a"}


def vectors(count=400, size=16, seed=0):
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(count, size)) * np.linspace(3, 0.2, size)
    return (mixed @ np.linalg.qr(rng.normal(size=(size, size)))[0] + 5).astype(np.float32)


def test_components_are_those_of_the_covariance():
    given = vectors()
    pca = fit_pca(given)
    values = np.linalg.eigvalsh(np.cov(given.T.astype(np.float64)))[::-1]
    np.testing.assert_allclose(pca.eigenvalues, values[: pca.num_components], rtol=1e-4)
    np.testing.assert_allclose(pca.components @ pca.components.T, np.eye(16), atol=1e-5)
    np.testing.assert_allclose(pca.mean, given.mean(axis=0), rtol=1e-5)


def test_whitened_vectors_have_variance_one():
    given = vectors()
    found = fit_pca(given).whiten(given)
    np.testing.assert_allclose(np.cov(found.T), np.eye(16), atol=1e-3)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-4)


def test_a_byte_has_the_value_of_youtube8m():
    given = vectors()
    pca = fit_pca(given)
    whitened, found = pca.whiten(given), pca.quantise(given)
    expected = np.rint((np.clip(whitened, -2, 2) + 2) * 255 / 4)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.uint8


@pytest.mark.parametrize(
    ("count", "size", "most", "expected"),
    [
        (2000, 64, 1024, 64),  # all
        (2000, 64, 40, 40),  # as asked for
        (640, 128, 1024, 64),  # ten vectors a component
        (100, 128, 1024, 32),  # at least 32
        (20, 128, 1024, 8),  # half of the vectors, a multiple of 8
        (4, 128, 1024, 2),
    ],
)
def test_the_number_of_components_is_what_the_data_allow(count, size, most, expected):
    assert fit_pca(vectors(count, size), max_components=most).num_components == expected


def test_equal_vectors_are_an_error():
    with pytest.raises(InputError, match="A PCA needs vectors that differ, and there are 30"):
        fit_pca(np.ones((30, 8), np.float32))


def test_a_file_gives_the_same_pca(tmp_path):
    pca = fit_pca(vectors())
    digest = save_pca(tmp_path / "pca.safetensors", pca, KIND)
    found, kind = load_pca(tmp_path / "pca.safetensors")
    assert kind == KIND
    assert found.num_vectors == 400
    assert len(digest) == 64
    np.testing.assert_array_equal(found.components, pca.components)
    np.testing.assert_array_equal(found.eigenvalues, pca.eigenvalues)


def test_another_file_is_an_error(tmp_path):
    (tmp_path / "a").write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read as a PCA"):
        load_pca(tmp_path / "a")
