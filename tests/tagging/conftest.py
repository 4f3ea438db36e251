import pytest

from tests.tagging.rendered import clip_folder, extract, tiny_weights


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """Return the weights of the small network."""
    return tiny_weights(tmp_path_factory.mktemp("weights") / "tiny.pth")


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """Return a folder of labelled clips; do not change it."""
    return clip_folder(tmp_path_factory.mktemp("clips") / "mine")


@pytest.fixture(scope="session")
def records(tmp_path_factory, clips, weights):
    """Return the records of these clips; do not change them."""
    out = tmp_path_factory.mktemp("records") / "records"
    extract(clips, out, weights)
    return out
