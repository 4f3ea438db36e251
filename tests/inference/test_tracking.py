"""People are tracked as in a run that scores them."""

from stad.inference.overlap import annotate_frames
from stad.inference.pipeline import PipelineOptions
from stad.inference.tracking import track_people
from stad.structures import Frame
from stad.video.window import Window
from tests.fakes import PositionScorer, RedSquareDetector
from tests.videos import moving_square


class WithIds(RedSquareDetector):
    """Gives everyone the same id."""

    gives_ids = True

    def detect(self, frame):
        found = super().detect(frame)
        found.ids[:] = 9
        return found


def frames(count=60):
    return [Frame(index, index / 30, moving_square(index)) for index in range(count)]


def test_people_have_the_boxes_and_ids_of_annotate():
    detector = RedSquareDetector()
    results = annotate_frames(
        frames(), detector, PositionScorer(Window(4, 2)), options=PipelineOptions(), fps=30.0
    )
    expected = {result.time_sec: result.actors for result in results}
    asked = detector.asked_sec
    detector = RedSquareDetector()
    found = list(track_people(frames(), detector, fps=30.0))
    assert [time_sec for time_sec, _ in found] == list(expected)
    assert detector.asked_sec == asked
    known = [pair for _, pairs in found for pair in pairs]
    assert [time_sec for time_sec, _ in known] == asked
    for time_sec, actors in known:
        assert actors.ids.tolist() == expected[time_sec].ids.tolist() == [1]
        assert actors.boxes.tolist() == expected[time_sec].boxes.tolist()


def test_ids_of_the_detector_are_kept():
    found = track_people(frames(10), WithIds(), fps=30.0, detect_sec=0.1)
    ids = [actors.ids.tolist() for _, pairs in found for _, actors in pairs]
    assert ids == [[9]] * 4
