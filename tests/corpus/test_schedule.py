"""Which task comes next, and what is tried again."""

from __future__ import annotations

from stad.corpus.identity import Video
from stad.corpus.schedule import MAX_LOSSES, Schedule
from stad.corpus.tasks import Outcome, Task, TaskFailure

A, B, C = (Video(key, f"{key}.mp4", 10) for key in "abc")
CRASH = TaskFailure("crash", "It died.")


def finish(schedule, *tasks):
    for task in tasks:
        assert schedule.settle(Outcome(task, is_finished=True)) is None


def test_videos_in_order_each_once():
    schedule = Schedule([A, B], max_tries=2)
    tasks = [schedule.take(), schedule.take()]
    assert [one.video for one in tasks] == [A, B]
    assert schedule.take() is None
    assert schedule.held == ["a", "b"]
    assert not schedule.is_over
    finish(schedule, *tasks)
    assert schedule.is_over


def test_a_failure_is_tried_again_after_the_others():
    schedule = Schedule([A, B], max_tries=2)
    first = schedule.take()
    assert schedule.settle(Outcome(first, CRASH)) is None
    assert schedule.take().video == B
    again = schedule.take()
    assert again == first
    assert schedule.settle(Outcome(again, CRASH)) == CRASH
    assert schedule.num_tries(again) == 2
    finish(schedule, Task(B))
    assert schedule.is_over


def test_what_lasts_is_not_tried_again_and_what_comes_from_outside_many_times():
    schedule = Schedule([A, B], max_tries=2)
    lasting = TaskFailure("not a video", "It is a letter.", is_lasting=True)
    assert schedule.settle(Outcome(schedule.take(), lasting)) == lasting
    lost = TaskFailure("node lost", "It went away.", is_from_outside=True)
    for _ in range(MAX_LOSSES - 1):
        assert schedule.settle(Outcome(schedule.take(), lost)) is None
    task = schedule.take()
    assert schedule.settle(Outcome(task, lost)) == lost
    assert schedule.num_tries(task) == MAX_LOSSES
    assert schedule.is_over


def steps(tasks):
    return [(one.step, one.part) for one in tasks]


def test_a_split_video_goes_through_its_steps_before_others_begin():
    schedule = Schedule([A, B], max_tries=2)
    schedule.settle(Outcome(schedule.take(), num_parts=3, done_parts=(1,)))
    parts = [schedule.take(), schedule.take()]
    assert steps(parts) == [("detect", 0), ("detect", 2)]
    other = schedule.take()
    assert other.video == B
    schedule.settle(Outcome(parts[0]))
    assert schedule.take() is None
    # Only the part that failed is done again.
    schedule.settle(Outcome(parts[1], CRASH))
    again = schedule.take()
    assert steps([again]) == [("detect", 2)]
    schedule.settle(Outcome(again))
    windows = schedule.take()
    assert steps([windows]) == [("windows", 0)]
    schedule.settle(Outcome(windows, num_parts=3))
    parts = [schedule.take() for _ in range(3)]
    assert steps(parts) == [("score", 0), ("score", 1), ("score", 2)]
    for part in reversed(parts):
        schedule.settle(Outcome(part))
    join = schedule.take()
    assert steps([join]) == [("join", 0)]
    assert schedule.held == ["b", "a", "a"]
    finish(schedule, join, other)
    assert schedule.is_over


def test_parts_of_a_detector_that_remembers_follow_one_another():
    schedule = Schedule([A], max_tries=2)
    schedule.settle(Outcome(schedule.take(), num_parts=3, done_parts=(0,), is_chain=True))
    for part in (1, 2):
        task = schedule.take()
        assert steps([task]) == [("detect", part)]
        assert schedule.take() is None
        schedule.settle(Outcome(task))
    assert steps([schedule.take()]) == [("windows", 0)]


def test_all_parts_are_there_already():
    schedule = Schedule([A], max_tries=2)
    schedule.settle(Outcome(schedule.take(), num_parts=2, done_parts=(0, 1)))
    windows = schedule.take()
    assert steps([windows]) == [("windows", 0)]
    schedule.settle(Outcome(windows, num_parts=2, done_parts=(0, 1)))
    assert steps([schedule.take()]) == [("join", 0)]


def test_a_part_that_fails_ends_the_video():
    schedule = Schedule([A], max_tries=1)
    schedule.settle(Outcome(schedule.take(), num_parts=3))
    first, second = schedule.take(), schedule.take()
    assert schedule.settle(Outcome(first, CRASH)) == CRASH
    assert schedule.take() is None
    assert schedule.settle(Outcome(second, CRASH)) is None
    assert schedule.is_over


def test_a_video_that_turns_out_not_to_be_splittable_is_done_as_a_whole_once():
    schedule = Schedule([A], max_tries=1)
    schedule.settle(Outcome(schedule.take(), num_parts=3))
    first, second = schedule.take(), schedule.take()
    schedule.settle(Outcome(first, must_be_whole="damage"))
    whole = schedule.take()
    assert whole == Task(A, may_split=False)
    schedule.settle(Outcome(second, must_be_whole="damage"))
    assert schedule.take() is None
    finish(schedule, whole)
    assert schedule.is_over


def test_what_another_run_works_on_comes_last():
    taken, done = {"a", "b"}, set()
    schedule = Schedule(
        [A, B, C], max_tries=1, is_taken=taken.__contains__, is_done=done.__contains__
    )
    task = schedule.take()
    assert task.video == C
    finish(schedule, task)
    assert schedule.take() is None
    assert not schedule.is_over
    taken.clear()
    done.add("a")
    assert schedule.take().video == B
    assert schedule.done_elsewhere == [A]
    finish(schedule, Task(B))
    assert schedule.is_over
