"""A live session gives what a run over the same frames gives."""

import time

import numpy as np
import pytest

from stad.inference.build import ModelBundle
from stad.inference.live.session import LiveSession
from stad.inference.live.stats import Stats
from stad.inference.model_threads import ModelThreads
from stad.inference.overlap import annotate_frames
from stad.inference.pipeline import PipelineOptions
from stad.structures import Frame
from stad.video.window import Window
from tests.fakes import PositionScorer, RedSquareDetector
from tests.videos import moving_square

OPTIONS = PipelineOptions(stride_sec=0.4, batch_size=1)


class Postures(PositionScorer):
    """Left and right exclude each other."""

    num_exclusive = 2


def frames():
    for index in range(60):
        yield Frame(index, index / 30, moving_square(index))


def test_postures_are_the_same_live_and_offline():
    offline = annotate_frames(
        frames(), RedSquareDetector(), Postures(Window(8, 2)), options=OPTIONS, fps=30.0
    )
    scorer, stats = Postures(Window(8, 2)), Stats()
    # The fake has no stream to begin.
    scorer.begin_stream = lambda: None
    models = ModelBundle(RedSquareDetector(), scorer, "", ("", ""), 0.5, None, "cpu", 0.4)
    threads, live = ModelThreads(), []
    session = LiveSession(
        models,
        threads,
        options=OPTIONS,
        fps=30.0,
        first_id=1,
        max_latency_sec=9.0,
        due_sec=lambda time_sec: time.monotonic(),
        stats=stats,
    )
    for frame in frames():
        session.add_frame(frame)
        live += session.step()
        # People are looked for in the newest frame: let them be the same frames.
        while session._detecting is not None and not session._detecting.future.done():
            time.sleep(0.001)
    live += session.finish()
    threads.close()
    offline, live = ([one.keyframe for one in run if one.keyframe] for run in (offline, live))
    assert [one.time_sec for one in live] == [one.time_sec for one in offline]
    assert len(live) == len(stats.delays_sec) == 6
    for mine, other in zip(live, offline, strict=True):
        np.testing.assert_array_equal(mine.scores, other.scores)
    assert stats.wait_sec == pytest.approx(session._pipeline.wait_sec + 0.4)
