"""The whole flow on rendered frames, with a detector and a scorer that look at real pixels."""

import numpy as np
import pytest

from stad.actors.tracker import FollowCounts
from stad.actors.tracker_options import TrackerChoice
from stad.inference.overlap import annotate_frames
from stad.inference.pipeline import ActionPipeline, PipelineOptions
from stad.inference.scoring import score_job
from stad.inference.shown import shown_labels
from stad.localization.posture_decoder import PostureDecoder
from stad.structures import Actors, Frame, Keyframe
from stad.video.window import Window
from tests.fakes import PositionScorer, RedSquareDetector
from tests.videos import moving_square


def stream(num_frames: int, fps: float = 30.0, picture=moving_square):
    for index in range(num_frames):
        yield Frame(index, index / fps, picture(index))


def run(num_frames: int, *, fps: float = 30.0, picture=moving_square, **options):
    detector, scorer = RedSquareDetector(), PositionScorer(Window(8, 2))
    results = list(
        annotate_frames(
            stream(num_frames, fps, picture),
            detector,
            scorer,
            options=PipelineOptions(**options),
            fps=fps,
        )
    )
    return results, detector, scorer


@pytest.mark.parametrize("num_frames", [1, 2, 5, 16, 61])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_every_frame_comes_out_once_in_order(num_frames, batch_size):
    results, _, _ = run(num_frames, batch_size=batch_size)
    assert [r.index for r in results] == list(range(num_frames))
    np.testing.assert_allclose([r.time_sec for r in results], np.arange(num_frames) / 30)


def test_boxes_move_on_every_frame_and_ids_stay():
    results, detector, _ = run(50)
    # Asked every 0.2 s only.
    np.testing.assert_allclose(detector.asked_sec, np.arange(9) * 0.2, atol=1e-9)
    for result in results[:48]:
        assert result.actors.ids.tolist() == [1]
        np.testing.assert_allclose(
            result.actors.boxes[0],
            [10 + 2 * result.index, 40, 30 + 2 * result.index, 80],
            atol=0.01,
        )


def test_keyframes_begin_at_the_first_frame_and_cover_the_last_second():
    results, _, _ = run(50, stride_sec=0.5)
    keyframes = [r.keyframe.time_sec for r in results if r.keyframe]
    np.testing.assert_allclose(keyframes, [0.0, 0.5, 1.0, 1.5], atol=1e-9)
    assert all(r.keyframe.time_sec == r.time_sec for r in results if r.keyframe)
    assert all(r.labels[0] for r in results), "every frame has a label"
    results, _, _ = run(56, stride_sec=0.5)
    assert [round(r.keyframe.time_sec, 3) for r in results if r.keyframe][-1] == round(55 / 30, 3)


def test_a_video_shorter_than_a_window_is_scored():
    results, _, _ = run(3)
    assert [r.keyframe is not None for r in results] == [True, False, False]
    assert [label.class_index for label in results[0].labels[0]] == [0]


def test_scores_are_of_the_window_around_the_keyframe():
    results, _, _ = run(56, stride_sec=0.5)
    for result in results:
        if result.keyframe is None:
            continue
        # The clip holds frames i-8, i-6 .. i+6, ends repeated; the square's centre is 20 + 2i.
        indices = np.clip(result.index + np.arange(-8, 8, 2), 0, 55)
        left = np.mean((20 + 2 * indices - 0.5) / 2 < 40)
        np.testing.assert_allclose(result.keyframe.scores[0], [left, 1 - left], atol=0.13)


def test_batches_hold_only_windows_with_people():
    def empty(index):
        return np.full((120, 160, 3), 90, np.uint8)

    results, _, scorer = run(90, picture=empty, stride_sec=0.5)
    assert scorer.batches == []
    assert all(len(r.actors) == 0 and r.labels == [] for r in results)
    assert sum(r.keyframe is not None for r in results) == 7
    _, _, scorer = run(90, stride_sec=0.5, batch_size=3)
    assert max(scorer.batches) == 3


def test_memory_does_not_grow_with_the_video(monkeypatch):
    from stad.inference import pipeline

    sizes = []
    original = pipeline.FrameBuffer.append

    def watched(self, time_sec, image):
        original(self, time_sec, image)
        sizes.append(len(self))

    monkeypatch.setattr(pipeline.FrameBuffer, "append", watched)
    run(600, stride_sec=0.5, batch_size=2)
    # Window and gap look-ahead and a batch of strides: about two seconds, not twenty.
    assert max(sizes[300:]) == max(sizes[100:300])
    assert max(sizes) < 90


class Walkers:
    """Finds people who walk from left to right, 80 x 200 px, each with a speed and a time.

    Args:
        people: (pixels per second, first second, last second) of each.
    """

    name = "walkers"
    interval_sec = None
    gives_ids = False
    person_threshold = 0.5

    def __init__(self, *people: tuple[float, float, float]):
        self._people = people

    def boxes(self, time_sec: float) -> list[list[float]]:
        there = [
            (number, speed * (time_sec - first))
            for number, (speed, first, last) in enumerate(self._people)
            if first <= time_sec <= last
        ]
        return [[x, 250 * n, x + 80, 250 * n + 200] for n, x in there]

    def detect(self, frame: Frame) -> Actors:
        found = self.boxes(frame.time_sec)
        return Actors.from_arrays(found, [0.9] * len(found))


class AnyScorer(PositionScorer):
    """Says 0 of everybody."""

    def score(self, clips, boxes, *, source_size, tracks=None):
        return [np.zeros((len(own), 2), np.float32) for own in boxes]


def follow(detector, *, num_frames=240, fps=20.0, counts=None, **options):
    """The results of a run in which nothing but the boxes matters."""
    black = np.zeros((60, 80, 3), np.uint8)
    frames = (Frame(index, index / fps, black) for index in range(num_frames))
    return list(
        annotate_frames(
            frames,
            detector,
            AnyScorer(Window(8, 2)),
            options=PipelineOptions(**options),
            fps=fps,
            counts=counts,
        )
    )


@pytest.mark.parametrize("name", ["bytetrack", "ocsort"])
@pytest.mark.parametrize("detect_sec", [0.2, 0.8, 1.0, 2.0])
def test_people_are_shown_from_their_first_detection_on(detect_sec, name):
    """Two box widths per second, and twice that: no two boxes overlap at the slower rates."""
    detector, counts = Walkers((160, 0, 99), (320, 4, 8), (-160, 4, 8)), FollowCounts()
    results = follow(detector, detect_sec=detect_sec, tracker=TrackerChoice(name), counts=counts)
    assert [result.actors.ids[0] for result in results] == [1] * 240
    for result in results:
        expected = detector.boxes(result.time_sec)
        if 4 <= result.time_sec <= 8:
            assert result.actors.ids.tolist() == [1, 2, 3]
            np.testing.assert_allclose(result.actors.boxes, expected, atol=0.01)
        assert len(result.actors) in (1, 3)
    # Everybody was found more than once.
    assert counts.num_alone == 0
    assert counts.num_detections == sum(
        len(detector.boxes(t)) for t in np.arange(0, 12, detect_sec)
    )


@pytest.mark.parametrize("detect_sec", [0.2, 1.0])
def test_whoever_is_found_once_is_shown_until_the_next_look(detect_sec):
    counts = FollowCounts()
    results = follow(Walkers((10, 0, 99), (0, 4.9, 5.05)), detect_sec=detect_sec, counts=counts)
    shown_sec = [result.time_sec for result in results if 2 in result.actors.ids]
    half = detect_sec / 2
    np.testing.assert_allclose(
        shown_sec, [t for t in np.arange(240) / 20 if abs(t - 5) <= half + 1e-6], atol=1e-9
    )
    assert (counts.num_alone, counts.num_detections) == (1, round(12 / detect_sec) + 1)


def test_a_hidden_person_is_not_shown_and_comes_back_with_the_id():
    class Hidden(Walkers):
        def boxes(self, time_sec):
            return [] if 4 < time_sec < 6.5 else super().boxes(time_sec)

    for memory_sec, expected in ((3.0, {1}), (2.0, {1, 2})):
        results = follow(
            Hidden((60, 0, 99)), tracker=TrackerChoice(memory_sec=memory_sec), stride_sec=2.0
        )
        assert {int(i) for result in results for i in result.actors.ids} == expected
        away = [result.time_sec for result in results if not len(result.actors)]
        assert (min(away), max(away)) == (pytest.approx(4.15), pytest.approx(6.45))


def test_a_machine_that_looks_less_often_than_it_should_keeps_people():
    """Where a look for people takes 1.5 s, one every 0.2 s cannot be had."""
    detector, scorer = Walkers((160, 0, 99), (40, 0, 99)), AnyScorer(Window(8, 2))
    flow = ActionPipeline(detector, scorer, options=PipelineOptions(detect_sec=0.2), fps=20.0)
    black = np.zeros((60, 80, 3), np.uint8)
    results, asked = [], None
    for index in range(300):
        frame = Frame(index, index / 20, black)
        flow.add_frame(frame)
        if asked is not None and frame.time_sec >= asked.time_sec + 1.5:
            flow.add_detections(asked.time_sec, detector.detect(asked))
            asked = None
        if asked is None and flow.claim_detection(frame.time_sec):
            asked = frame
        while flow.pending_windows():
            job = flow.next_batch(1)
            zeros = [np.zeros((len(people), 2), np.float32) for people in job.actors]
            flow.add_scores(
                [Keyframe(*row) for row in zip(job.times_sec, job.actors, zeros, strict=True)]
            )
        results += flow.results()
    assert len(results) > 220
    for result in results:
        assert result.actors.ids.tolist() == [1, 2], result.time_sec
        np.testing.assert_allclose(result.actors.boxes, detector.boxes(result.time_sec), atol=0.01)


class FlickeringPostures(PositionScorer):
    """Two postures that exclude each other, the wrong one in the third window, and an action."""

    num_classes, num_exclusive = 3, 2

    def __init__(self, window):
        super().__init__(window)
        self.num_scored = 0

    def score(self, clips, boxes, *, source_size, tracks=None):
        found = []
        for own in boxes:
            self.num_scored += 1
            one = 0.4 if self.num_scored == 3 else 0.9
            found.append(np.array([[one, 1 - one, 0.7]] * len(own), np.float32))
        return found


def test_a_scorer_may_want_its_scores_times_those_of_the_people():
    detector, scorer = RedSquareDetector(), PositionScorer(Window(8, 2))
    plain, weighted = [], []
    for found, wants in ((plain, False), (weighted, True)):
        scorer.times_person_score = wants
        results = annotate_frames(
            stream(40), detector, scorer, options=PipelineOptions(stride_sec=0.5), fps=30.0
        )
        found += [one.keyframe for one in results if one.keyframe is not None]
    assert len(plain) == len(weighted) > 1
    for one, other in zip(plain, weighted, strict=True):
        assert other.actors.scores.tolist() == [pytest.approx(0.9)]
        np.testing.assert_allclose(other.scores, one.scores * 0.9, rtol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_postures_are_decoded_and_wait_for_the_next_keyframe(batch_size):
    detector, scorer = Walkers((60, 0, 99)), FlickeringPostures(Window(8, 2))
    options = PipelineOptions(stride_sec=0.5, batch_size=batch_size)
    flow = ActionPipeline(detector, scorer, options=options, fps=20.0)
    assert flow.lag_sec == 0.5
    black = np.zeros((60, 80, 3), np.uint8)
    raw, final, results = [], [], []

    def score(minimum):
        while len(flow.pending_windows()) >= minimum:
            scored = score_job(flow.next_batch(batch_size), scorer)
            raw.extend(scored)
            final.extend(flow.add_scores(scored))
            results.extend(flow.results())

    for index in range(61):
        flow.add_frame(frame := Frame(index, index / 20, black))
        if flow.claim_detection(frame.time_sec):
            flow.add_detections(frame.time_sec, detector.detect(frame))
        score(batch_size)
        assert len(final) == max(len(raw) - 1, 0)
        assert not results or results[-1].time_sec <= final[-1].time_sec
    flow.finish()
    score(1)
    results += flow.results()
    assert [one.index for one in results] == list(range(61))
    assert [one.scores[0, 0] < 0.5 for one in raw] == [False, False, True, *[False] * 4]
    decoder = PostureDecoder(("", ""))
    expected = [one for each in raw for one in decoder.update(each)] + decoder.finish()
    shown = [one.keyframe for one in results if one.keyframe is not None]
    assert [one.time_sec for one in shown] == [one.time_sec for one in raw]
    for found, wanted, before in zip(shown, expected, raw, strict=True):
        np.testing.assert_array_equal(found.scores, wanted.scores)
        assert found.scores[0, 0] > 0.7
        np.testing.assert_array_equal(found.scores[:, 2], before.scores[:, 2])
    assert all(one.labels[0][0].class_index == 0 for one in results)


def test_a_window_that_is_left_out_at_the_end_does_not_hold_the_last_one_back():
    detector, scorer = Walkers((60, 0, 99)), FlickeringPostures(Window(8, 2))
    flow = ActionPipeline(detector, scorer, options=PipelineOptions(stride_sec=0.5), fps=20.0)
    for index in range(21):
        flow.add_frame(Frame(index, index / 20, np.zeros((60, 80, 3), np.uint8)))
        if flow.claim_detection(index / 20):
            flow.add_detections(index / 20, detector.detect(Frame(index, index / 20, None)))
    flow.finish()
    assert len(flow.pending_windows()) == 3
    assert flow.add_scores(score_job(flow.next_batch(1), scorer)) == []
    flow.drop_window()
    flow.drop_window()
    results = list(flow.results())
    assert [one.index for one in results] == list(range(21))
    assert [one.keyframe is not None for one in results[:2]] == [True, False]


@pytest.mark.parametrize(
    ("num_exclusive", "allowed", "expected"),
    [
        (2, None, [True, False]),
        (2, {0, 1}, [True, False]),
        # Who looks for one posture does not miss the others.
        (2, {1}, [False, False]),
        (0, None, [False, False]),
    ],
)
def test_a_person_without_a_posture_is_unsure(num_exclusive, allowed, expected):
    class Postures(AnyScorer):
        """The first of two people is in between two postures, and reads."""

        num_classes = 3

        def score(self, clips, boxes, *, source_size, tracks=None):
            rows = np.array([[0.45, 0.55, 0.7], [0.9, 0.1, 0.2]], np.float32)
            return [rows[: len(own)] for own in boxes]

    Postures.num_exclusive = num_exclusive
    allowed = None if allowed is None else frozenset(allowed)
    options = PipelineOptions(stride_sec=9.0, threshold=0.6, allowed=allowed)
    detector, black = Walkers((60, 0, 99), (60, 0, 99)), np.zeros((60, 80, 3), np.uint8)
    frames = (Frame(index, index / 20, black) for index in range(21))
    results = list(
        annotate_frames(frames, detector, Postures(Window(8, 2)), options=options, fps=20.0)
    )
    assert [list(one.unsure) for one in results] == [expected] * 21
    if allowed is None:
        assert [[own.class_index for own in labels] for labels in results[5].labels] == [[2], [0]]


def test_somebody_without_any_scores_is_not_unsure():
    """There is no keyframe with the second one."""
    scorer = AnyScorer(Window(8, 2))
    scorer.num_exclusive = 2
    detector, black = Walkers((60, 0, 99), (60, 1.0, 2.0)), np.zeros((60, 80, 3), np.uint8)
    frames = (Frame(index, index / 20, black) for index in range(101))
    options = PipelineOptions(stride_sec=2.5, threshold=0.6)
    results = list(annotate_frames(frames, detector, scorer, options=options, fps=20.0))
    assert results[10].unsure == (True,)
    assert len(results[30].actors) == 2
    assert results[30].unsure == (True, False)


def test_shown_labels_filter_and_order():
    scores = np.array([0.2, 0.9, 0.6, 0.9])
    assert [(s.class_index, s.score) for s in shown_labels(scores, 0.5, max_labels=2)] == [
        (1, 0.9),
        (3, 0.9),
    ]
    kept = shown_labels(scores, 0.1, max_labels=9, allowed=frozenset({0, 2}))
    assert [s.class_index for s in kept] == [2, 0]
