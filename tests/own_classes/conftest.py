import pytest

from stad.own_classes.train import OwnTraining, train_own
from tests.own_classes.rendered import TINY, person_folder, tiny_weights


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """Return the weights of the small network."""
    return tiny_weights(tmp_path_factory.mktemp("weights") / "tiny.pth")


@pytest.fixture(scope="session")
def training(weights):
    """Return how the tests train: the small network, one view, no variants."""
    return OwnTraining(
        backbone=str(TINY), weights=str(weights), views=("crop",), num_variants=1, runtime="torch"
    )


@pytest.fixture(scope="session")
def trained(tmp_path_factory, training):
    """Return a folder of people that was trained, and the lines that were said."""
    folder = person_folder(tmp_path_factory.mktemp("people") / "mine", num_videos=4)
    lines = []
    train_own(folder.path, training, progress=False, log=lines.append)
    return folder, lines
