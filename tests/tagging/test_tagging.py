"""A trained tagger tags videos and records, and refuses those that it cannot compare."""

import json
import shutil

import numpy as np
import pytest

import stad
from stad import zoo
from stad.datasets.records.features import FrameRecord, RecordWriter
from stad.errors import InputError
from stad.tagging import describer
from stad.tagging.examples import load_tag_examples
from stad.tagging.model_folder import write_tagger
from stad.tagging.network import NetworkSize
from stad.tagging.page import shorten, write_tags_page
from stad.tagging.table import read_table
from stad.tagging.tag_videos import TagJob
from stad.tagging.tagger import open_tagger
from stad.tagging.training import TagTraining, fit_tagger
from stad.tagging.videos import list_videos
from tests.browser import data_in, needs_chromium, opened
from tests.tagging.rendered import COLOURS, FPS, SIZE, clip_folder, extract, plain
from tests.videos import write_video

SMALL = TagTraining(size=NetworkSize(clusters=4, groups=2, hidden=16, dropout=0.2), max_epochs=60)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, records):
    """Return records with a tagger."""
    path = tmp_path_factory.mktemp("trained") / "records"
    shutil.copytree(records, path)
    examples, table = load_tag_examples(path)
    write_tagger(path, table, examples, fit_tagger(examples, SMALL), SMALL, seconds=1.0)
    return path


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Keep caches of their own."""
    monkeypatch.setenv("STAD_HOME", str(tmp_path / "home"))


def tag_all(path, folder, **options):
    job = TagJob(open_tagger(path), device="cpu", runtime="torch", progress=False, **options)
    return list(job.tag_videos(list_videos([folder]).videos)), job


def test_new_videos_get_their_tags(tmp_path, trained):
    unseen = tmp_path / "unseen"
    unseen.mkdir()
    for name, colour in COLOURS.items():
        draw = plain(colour, brightness=77)
        write_video(unseen / f"{name}.mp4", num_frames=17, fps=FPS, size=SIZE, picture=draw)
    found, _ = tag_all(trained, unseen)
    assert {one.id: [name for name, _ in one.tags] for one in found} == {
        "blue.mp4": ["blue"],
        "red.mp4": ["red"],
    }
    assert found[0].over_time.shape == (3, 2)
    assert all(one.is_new for one in found)


def test_the_second_time_nothing_is_computed(tmp_path, trained, monkeypatch):
    unseen = clip_folder(tmp_path / "unseen", num_videos=2, num_frames=17)
    first, _ = tag_all(trained, unseen)
    monkeypatch.setattr(describer.ClipDescriber, "describe", None)
    again, _ = tag_all(trained, unseen)
    assert not any(one.is_new for one in again)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.scores, other.scores)


def test_videos_of_the_training_are_known(trained, clips, monkeypatch):
    monkeypatch.setattr(describer.ClipDescriber, "describe", None)
    found, _ = tag_all(trained, clips)
    right = [one.id.split("/")[0] == one.tags[0][0] for one in found if one.tags]
    assert len(found) == 12
    assert sum(right) >= 11


def test_damaged_videos_are_left_out(tmp_path, trained):
    unseen = clip_folder(tmp_path / "unseen", num_videos=2)
    (unseen / "bad.mp4").write_bytes(b"no video")
    found, job = tag_all(trained, unseen)
    assert len(found) == 2
    assert list(job.left_out) == ["bad.mp4"]


def test_python_calls_tag_as_well(tmp_path, trained, clips):
    found = stad.tag(clips / "red" / "0.mp4", trained, runtime="torch", device="cpu")
    assert [name for name, _ in found[0].tags] == ["red"]


def test_records_with_the_same_pca_are_tagged(trained):
    job = TagJob(open_tagger(trained), progress=False)
    found = list(job.tag_records(sorted(trained.glob("*.tfrecord"))))
    assert len(found) == 12
    assert found[0].path is None


def test_records_of_another_pca_are_refused(tmp_path, trained, weights):
    mine = clip_folder(tmp_path / "mine", num_videos=4)
    extract(mine, tmp_path / "out", weights)
    job = TagJob(open_tagger(trained), progress=False)
    with pytest.raises(InputError, match=r"out has features of another PCA, so its records"):
        list(job.tag_records(sorted((tmp_path / "out").glob("*.tfrecord"))))


@pytest.fixture
def foreign(trained, tmp_path):
    """Return a tagger of a config, as for YouTube-8M, that knows nothing of its features."""
    folder = trained / "model"
    shutil.copytree(folder, tmp_path / "foreign")
    return open_tagger(
        tmp_path / "foreign" / "config.py", weights=tmp_path / "foreign" / "weights.safetensors"
    )


def test_a_config_tags_records_of_unknown_origin(tmp_path, foreign, trained):
    size = read_table(trained).num_channels
    path = tmp_path / "test.tfrecord"
    with RecordWriter(path) as writer:
        for name, count in (("abcd", 7), ("efgh", 301)):
            frames = np.full((count, size), 128, np.uint8)
            writer.write(FrameRecord(name, (), {"rgb": frames}))
        writer.write(FrameRecord("none", (), {}))
    job = TagJob(foreign, progress=False)
    found = list(job.tag_records([path]))
    assert [one.id for one in found] == ["abcd", "efgh"]
    assert found[1].over_time.shape == (301, 2)
    assert len(job.left_out) == 1


def test_a_config_does_not_tag_videos_nor_ones_own_records(foreign, clips, trained):
    job = TagJob(foreign, progress=False)
    with pytest.raises(InputError, match="features of other networks cannot be compared"):
        list(job.tag_videos(list_videos([clips]).videos))
    with pytest.raises(
        InputError, match=r"has features of tiny_recognizer. The features of that model"
    ):
        list(job.tag_records(sorted(trained.glob("*.tfrecord"))))


def test_a_tagger_is_not_a_model_of_people(trained):
    with pytest.raises(InputError, match=r"is a tagger of whole videos. Use it with 'stad tag"):
        zoo.open_model(str(trained))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty", "has no trained tagger"),
        ("nothing", "is neither a folder of a trained tagger nor a config"),
    ],
)
def test_what_is_no_tagger_says_so(tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=message):
        open_tagger(tmp_path / name)


def test_the_folder_says_what_it_was_trained_on(trained):
    content = json.loads((trained / "model" / "model.json").read_text())
    assert content["classes"] == ["blue", "red"]
    assert content["data"] == {"videos": 12, "sources": 6, "seconds": 24}
    assert content["features"]["backbone"] == "tiny_recognizer"
    assert content["figures"]["accuracy"] >= 0.9
    card = (trained / "model" / "README.md").read_text()
    assert "| blue | 6 |" in card
    assert "Audio is not used" in card


def test_long_strips_are_shortened():
    scores = np.arange(400, dtype=np.float32)[:, None] / 400
    cells, cell_sec = shorten(scores)
    assert (len(cells), cell_sec) == (134, 3.0)
    np.testing.assert_array_equal(cells[:2], scores[[2, 5]])


def test_the_page_has_a_row_for_each_video(tmp_path, trained, clips):
    tagger = open_tagger(trained)
    found, _ = tag_all(trained, clips / "red")
    page = tmp_path / "tags.html"
    write_tags_page(page, found, tagger, left_out={"bad.mp4": "It is."}, progress=False)
    data = data_in(page)
    assert [one["name"] for one in data["videos"]] == [f"{i}.mp4" for i in (0, 10, 2, 4, 6, 8)]
    assert data["videos"][0]["image"].startswith("data:image/jpeg;base64,")
    assert all(len(one["cells"]) == 2 for video in data["videos"] for one in video["tags"])
    assert data["left_out"] == [{"name": "bad.mp4", "reason": "It is."}]


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize("width_px", [1280, 500])
def test_the_page_filters_by_name_and_tag(tmp_path, trained, clips, width_px):
    found, _ = tag_all(trained, clips)
    page = tmp_path / "tags.html"
    write_tags_page(page, found, open_tagger(trained), left_out={}, progress=False)
    script = """
      const seen = () => document.querySelectorAll('.video:not([hidden])').length;
      log.push(seen(), document.querySelectorAll('.strip path').length,
        document.documentElement.scrollWidth <= innerWidth);
      document.querySelector('#chips button').click();
      log.push(seen());
      $('name').value = 'red/4'; $('name').dispatchEvent(new Event('input'));
      log.push($('count').textContent);
    """
    told = opened(page, script, width_px=width_px)
    assert told[:3] == [12, 24, True]
    assert 4 <= told[3] <= 8
    assert told[4] in ("0 of 12 videos", "1 of 12 videos")
