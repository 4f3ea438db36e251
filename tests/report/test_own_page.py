"""The report on own classes: its data, and the page in Chromium."""

import json

import numpy as np
import pytest

from stad.errors import InputError
from stad.own_classes.evaluation import evaluate_examples
from stad.own_classes.evaluation_data import as_json, mistake_entries
from stad.report.own_page import write_own_report
from tests.browser import data_in, needs_chromium, opened
from tests.own_classes.examples_made import GivenScores, example_set
from tests.videos import write_video


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    labels = [[1, 0], [1, 0], [0, 1], [0, 1], [0, 0], [0, 0]]
    # The second is missed, the fifth is shown as b.
    scores = [[0.9, 0.1], [0.2, 0.1], [0.1, 0.8], [0.3, 0.7], [0.1, 0.9], [0.2, 0.2]]
    videos = [f"{name}.mp4" for name in "xyz" for _ in range(2)]
    for name in sorted(set(videos))[:2]:
        write_video(folder / name, num_frames=10, fps=10, size=(64, 48))
    # Each class is of two sources.
    examples = example_set(
        labels, scores, videos=videos, times_sec=[0.2, 0.6] * 3, sources=list("stsutu")
    )
    made = evaluate_examples(
        examples, lambda *_: GivenScores(np.array([0.5, 0.5])), num_folds=3, fractions=(0.5, 1.0)
    )
    data = as_json(made, folder="mine")
    sizes = dict.fromkeys(videos, (64, 48))
    page = write_own_report(
        folder / "report", data, cells=mistake_entries(made), sizes=sizes, videos=folder
    )
    return page, data


def test_the_figures_are_written(report):
    page, data = report
    assert json.loads(page.with_name("report.json").read_text()) == data
    assert data["names"] == ["a", "b", "none of them"]
    assert data["confusions"] == [[1, 0, 1], [0, 2, 0], [0, 1, 1]]
    assert data["classes"][0] == {
        "name": "a",
        # By score: right, wrong, wrong (equal to the next, so before it), right.
        "AP": pytest.approx((1 + 2 / 4) / 2),
        "F1": pytest.approx(2 / 3),
        "precision": 1.0,
        "recall": 0.5,
        "positive": 2,
        "negative": 4,
    }
    assert [point["fraction"] for point in data["curve"]] == [0.5, 1.0]


def test_examples_have_images_where_the_video_can_be_read(report):
    found = data_in(report[0])
    missed, shown = found["cells"]["0,2"], found["cells"]["2,1"]
    assert [(one["video"], one["time_sec"], one["score"]) for one in missed] == [
        ("x.mp4", 0.6, pytest.approx(0.2))
    ]
    assert missed[0]["thumbnail"].startswith("data:image/jpeg;base64,")
    assert missed[0]["box"] == pytest.approx([0, 0, 10 / 64, 10 / 48])
    assert "thumbnail" not in shown[0]
    assert found["image_notes"][0].startswith("There is no image of z.mp4: ")


def test_a_video_of_unknown_size_is_an_error(report, tmp_path):
    cell = {"0,1": [{"video": "q.mp4", "time_sec": 0, "score": 1, "box": [0, 0, 1, 1]}]}
    with pytest.raises(InputError, match=r"size of the video 'q\.mp4' is not known"):
        write_own_report(tmp_path, report[1], cells=cell, sizes={}, videos=tmp_path)


@pytest.mark.browser
@needs_chromium
def test_the_page_shows_the_examples_of_a_cell(report):
    log = opened(
        report[0],
        "log.push(document.title, $('chosen').textContent, $('cards').children.length);"
        "document.querySelector('[data-cell=\"1,1\"]').click();"
        "log.push($('chosen').textContent, $('cards').children.length,"
        " $('matrix').querySelectorAll('button:disabled').length,"
        " document.querySelectorAll('#plot circle').length, $('body').rows.length,"
        " document.documentElement.scrollWidth <= innerWidth)",
        width_px=700,
    )
    assert log == [
        "mine: mAP " + f"{report[1]['mAP']:.3f}",
        "a, which is missed: 1",
        1,
        "Rightly shown as b: 2",
        2,
        4,
        4,
        2,
        True,
    ]
