"""The demo as a user runs it: what it writes, and what it says to input it cannot use."""

import csv
import json
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from stad import zoo
from stad.cli.annotate import annotate_main
from stad.errors import InputError, run_script
from stad.inference.frame_store import FrameStore
from stad.video.conversion import FrameConverter
from stad.video.source import VideoSource
from tests.videos import NO_VIDEOS, set_rotation, write_video

ROOT = Path(__file__).resolve().parents[2]
CONFIG = str(Path(__file__).parents[1] / "data" / "tiny_detector.py")


def run(video, weights, *options) -> int:
    options = ["--precision", "float32", *map(str, options)]
    return annotate_main([str(video), "--model", CONFIG, "--weights", weights, *options])


def exit_code(capsys, *arguments) -> tuple[int, str]:
    """The exit code of the script and what it wrote to stderr."""
    with pytest.raises(SystemExit) as stopped:
        run_script(lambda: annotate_main([str(a) for a in arguments]))
    return stopped.value.code, capsys.readouterr().err


def test_all_outputs_of_a_video_with_audio(tmp_path, weights, boxes, capsys):
    video = write_video(tmp_path / "in.mp4", num_frames=50, fps=25, audio="aac")
    outputs = {name: tmp_path / f"out.{name}" for name in ("mp4", "json", "csv", "html")}
    code = run(
        *(video, weights, "--boxes", boxes, "--threshold", 0.0, "--max-labels", 2, "--stride", 0.5),
        *("--out", outputs["mp4"], "--json", outputs["json"]),
        *("--csv", outputs["csv"], "--html", outputs["html"]),
    )
    assert code == 0
    with av.open(str(outputs["mp4"])) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.frames, stream.average_rate) == (50, 25)
        assert (stream.width, stream.height) == (160, 120)
        assert container.streams.audio[0].codec_context.name == "aac"
    document = json.loads(outputs["json"].read_text())
    assert (document["complete"], document["num_frames_written"]) == (True, 50)
    assert [frame["index"] for frame in document["frames"]] == list(range(50))
    # Person 1 walks 5 px a second: the box moves on every frame up to the last row that the
    # video reaches, and stays there.
    for frame in document["frames"]:
        first = next(actor for actor in frame["actors"] if actor["id"] == 1)
        assert first["box"][0] == pytest.approx(10 + 5 * min(frame["time_sec"], 1.0), abs=0.06)
    keyframes = [f["keyframe_sec"] for f in document["frames"] if "keyframe_sec" in f]
    assert keyframes == pytest.approx([0.0, 0.52, 1.0, 1.52, 1.96], abs=0.021)
    assert {segment["actor"] for segment in document["segments"]} == {1, 2}
    rows = list(csv.reader(outputs["csv"].open()))
    assert {row[0] for row in rows} == {"in"}
    assert {int(row[6]) for row in rows} <= set(range(1, 81))
    assert all(0 <= float(cell) <= 1 for row in rows for cell in row[2:6])
    assert "out.mp4" in outputs["html"].read_text()
    assert str(outputs["mp4"]) in capsys.readouterr().out.replace("\n", "")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *("boxes.csv", "in.mp4", "out.csv", "out.html", "out.json", "out.mp4")
    ]


def test_each_frame_is_decoded_once_and_waits_in_memory_or_on_disk(
    tmp_path, weights, boxes, monkeypatch
):
    video = write_video(tmp_path / "in.mp4", num_frames=60, fps=25)
    converted = []
    original = FrameConverter.convert
    monkeypatch.setattr(
        FrameConverter, "convert", lambda *given: (converted.append(1), original(*given))[1]
    )
    for name, max_bytes in (("memory", 2**30), ("disk", 0)):
        monkeypatch.setitem(FrameStore.__init__.__kwdefaults__, "max_bytes", max_bytes)
        assert run(video, weights, "--boxes", boxes, "--out", tmp_path / f"{name}.mp4") == 0
    assert len(converted) == 2 * 60
    # x264 may encode the same frames a little differently.
    pair = [VideoSource(tmp_path / f"{name}.mp4").frames() for name in ("memory", "disk")]
    for one, other in zip(*pair, strict=True):
        assert np.abs(one.image.astype(int) - other.image).mean() < 1


def test_every_format_tells_of_the_same_segments(tmp_path, weights, boxes):
    video = write_video(tmp_path / "in.mp4", num_frames=80, fps=25)
    files = {
        **{"json": tmp_path / "a.json", "events": tmp_path / "a.csv", "coco": tmp_path / "c.json"},
        **{"activitynet": tmp_path / "n.json", "subtitles": tmp_path / "a.VTT"},
    }
    options = [text for name, path in files.items() for text in (f"--{name}", path)]
    assert run(video, weights, "--boxes", boxes, "--stride", 0.5, *options) == 0
    document = json.loads(files["json"].read_text())
    segments = document["segments"]
    assert {one["actor"] for one in segments} == {1, 2}
    expected = sorted((one["label"], round(one["start_sec"], 3), one["score"]) for one in segments)
    found = json.loads(files["activitynet"].read_text())["results"]["in"]
    assert sorted((one["label"], one["segment"][0], one["score"]) for one in found) == expected
    rows = list(csv.DictReader(files["events"].open()))
    assert sorted((r["label"], float(r["start_sec"]), float(r["score"])) for r in rows) == expected
    coco = json.loads(files["coco"].read_text())
    assert len(coco["tracks"]) == len(segments)
    assert len(coco["annotations"]) == sum(len(one["tube"]["boxes"]) for one in segments)
    # 80 frames at 25 fps are 16 samples; person 1 walks 5 px a second up to the third second.
    assert [image["frame_index"] for image in coco["images"]] == list(range(0, 80, 5))
    for one in segments:
        assert all(one["start_sec"] <= t <= one["end_sec"] for t in one["tube"]["times_sec"])
        for t, box in zip(one["tube"]["times_sec"], one["tube"]["boxes"], strict=True):
            left = 10 + 5 * min(t, 3.0) if one["actor"] == 1 else 100 - 5 * min(t, 3.0)
            assert box[0] == pytest.approx(left, abs=0.1)
    assert files["subtitles"].read_text().startswith("WEBVTT\n\n1\n00:00:00.000 --> ")


def test_scores_equal_the_model_on_the_same_window(tmp_path, weights, boxes):
    """What the demo writes is what the model says of the clip that training would cut."""
    from stad.video.geometry import clip_size, resize_frame, scale_boxes

    video = write_video(tmp_path / "in.mp4", num_frames=60, fps=30)
    options = ("--boxes", boxes, "--csv", tmp_path / "out.csv", "--precision", "float32")
    run(video, weights, *options)
    opened = zoo.open_model(CONFIG, weights=weights)
    frames = [frame.image for frame in VideoSource(video).frames()]
    size = clip_size(160, 120, 64)
    clip = np.stack([resize_frame(frames[i], size) for i in (22, 26, 30, 34)])
    inputs = opened.model.data_preprocessor.normalise(torch.from_numpy(clip[None]))
    box = torch.from_numpy(scale_boxes(np.array([[15, 20, 55, 110]]), (160, 120), size))
    expected = opened.model.probabilities(opened.model.score_actors(inputs, [box])[0])[0]
    rows = [r for r in csv.reader((tmp_path / "out.csv").open()) if r[1] == "0001"]
    written = {int(r[6]): float(r[7]) for r in rows if abs(float(r[2]) - 15 / 160) < 1e-3}
    for action_id, score in written.items():
        assert score == pytest.approx(float(expected[action_id - 1]), abs=2e-5)
    assert len(written) > 70


def test_part_labels_and_json_as_boxes(tmp_path, weights, boxes):
    video = write_video(tmp_path / "in.mp4", num_frames=90, fps=30)
    run(
        *(video, weights, "--boxes", boxes, "--json", tmp_path / "a.json", "--threshold", 0.0),
        *("--start", 1, "--end", 2, "--labels", "Walk,carry"),
    )
    document = json.loads((tmp_path / "a.json").read_text())
    times = [frame["time_sec"] for frame in document["frames"]]
    assert (len(times), times[0]) == (30, pytest.approx(1.0))
    assert {s["label"] for s in document["segments"]} == {"walk", "carry/hold (an object)"}
    run(video, weights, "--boxes", tmp_path / "a.json", "--json", tmp_path / "b.json")
    again = json.loads((tmp_path / "b.json").read_text())
    by_time = {round(f["time_sec"], 3): f["actors"] for f in again["frames"]}
    for frame in document["frames"]:
        expected = [(a["id"], a["box"]) for a in frame["actors"]]
        assert [(a["id"], a["box"]) for a in by_time[round(frame["time_sec"], 3)]] == expected


def test_a_rotated_odd_video_comes_out_upright(tmp_path, weights, boxes):
    video = write_video(tmp_path / "in.mp4", num_frames=6, size=(160, 120))
    set_rotation(video, 90)
    run(video, weights, "--boxes", boxes, "--out", tmp_path / "out.mp4")
    info = VideoSource(tmp_path / "out.mp4").info
    assert (info.width_px, info.height_px, info.num_frames) == (120, 160, 6)


def test_people_get_ids_and_those_who_were_found_once_are_counted(tmp_path, weights, capsys):
    """One person passes at two box widths per look, and another is found once only."""
    video = write_video(tmp_path / "in.mp4", num_frames=100, fps=25, size=(320, 240))
    rows = ["time_sec,x1,y1,x2,y2"]
    rows += [f"{step / 2},{5 + 40 * step},20,{25 + 40 * step},80" for step in range(8)]
    rows += ["1.5,20,130,60,230"]
    (tmp_path / "boxes.csv").write_text("\n".join(rows))
    code = run(
        *(video, weights, "--boxes", tmp_path / "boxes.csv", "--json", tmp_path / "a.json"),
        *("--tracker", "sort", "--tracker-options", "minimum_consecutive_frames=2", "iou=giou"),
        *("--track-memory", 3, "--threshold", 0.99),
    )
    assert code == 0
    said = capsys.readouterr()
    assert "tracker   sort, a hidden person keeps the id for 3 s" in said.err
    assert "1 of 9 detections above the threshold could not be followed" in said.out
    document = json.loads((tmp_path / "a.json").read_text())
    frames = {frame["time_sec"]: frame["actors"] for frame in document["frames"]}
    for time_sec, actors in frames.items():
        (box,) = [actor["box"] for actor in actors if actor["id"] == 1]
        # Rows belong to the nearest frame, half a frame away at most.
        assert box[0] == pytest.approx(5 + 80 * min(time_sec, 3.5), abs=1.7)
    once_sec = [t for t, actors in frames.items() if [a["id"] for a in actors] == [1, 2]]
    assert (min(once_sec), max(once_sec)) == pytest.approx((1.26, 1.74), abs=0.05)


def test_ids_that_come_with_the_boxes_are_kept(tmp_path, weights, boxes, capsys):
    video = write_video(tmp_path / "in.mp4", num_frames=10)
    options = ("--boxes", boxes, "--csv", tmp_path / "a.csv", "--tracker", "mcbyte")
    assert run(video, weights, *options, "--person-threshold", 0) == 0
    said = capsys.readouterr()
    assert "tracker   not used, the boxes have ids" in said.err
    assert "could not be followed" not in said.out


def test_the_parameters_of_a_tracker_do_not_swallow_the_video(capsys):
    code, said = exit_code(capsys, "--json", "a.json", "--tracker-options", "iou=giou", "in.mp4")
    assert code == 2
    assert "'in.mp4' is not KEY=VALUE. Put the video" in said


def test_trackers_are_listed(capsys):
    assert annotate_main(["--list-trackers"]) == 0
    assert "bytetrack (default)" in capsys.readouterr().out


def test_no_person_in_the_video(tmp_path, weights, capsys):
    video = write_video(tmp_path / "in.mp4", num_frames=40)
    # Below the threshold of people.
    (tmp_path / "unsure.csv").write_text("time_sec,x1,y1,x2,y2,score\n1,1,1,50,50,0.1\n")
    code = run(
        *(video, weights, "--boxes", tmp_path / "unsure.csv", "--out", tmp_path / "out.mp4"),
        *(
            "--json",
            tmp_path / "out.json",
            "--csv",
            tmp_path / "o.csv",
            "--html",
            tmp_path / "o.html",
        ),
    )
    assert code == 0
    assert "No people were found" in capsys.readouterr().out
    document = json.loads((tmp_path / "out.json").read_text())
    assert (document["segments"], len(document["frames"])) == ([], 40)
    assert VideoSource(tmp_path / "out.mp4").info.num_frames == 40
    assert (tmp_path / "o.csv").read_text() == ""


def test_boxes_outside_of_the_video_are_refused(tmp_path, weights, capsys):
    video = write_video(tmp_path / "in.mp4", num_frames=40)
    (tmp_path / "far.csv").write_text("time_sec,x1,y1,x2,y2\n99,1,1,50,50\n")
    options = ("--model", CONFIG, "--weights", weights, "--boxes", tmp_path / "far.csv")
    code, said = exit_code(capsys, video, *options, "--json", tmp_path / "out.json")
    assert code == 2
    assert "1 of 1 rows are wrong" in said
    assert "times after the end of the videos; the longest of them has 1.3 s" in said
    assert not (tmp_path / "out.json").exists()
    (tmp_path / "far.csv").write_text("time_sec,x1,y1,x2,y2\n99,1,1,50,50\n1,1,1,50,50\n")
    assert run(video, weights, *options[4:], "--json", tmp_path / "out.json") == 0
    assert "warning: 1 of 2 rows of --boxes" in capsys.readouterr().err


def test_a_cut_file_is_annotated_as_far_as_it_goes(tmp_path, weights, boxes, capsys):
    video = write_video(tmp_path / "in.avi", num_frames=90, codec="mpeg4")
    data = video.read_bytes()
    video.write_bytes(data[: len(data) * 2 // 3])
    assert run(video, weights, "--boxes", boxes, "--out", tmp_path / "out.mp4") == 0
    assert "warning: the file ends early" in capsys.readouterr().err
    assert 10 < VideoSource(tmp_path / "out.mp4").info.num_frames < 80


@pytest.mark.parametrize(("make", "message"), NO_VIDEOS.values(), ids=NO_VIDEOS)
def test_input_that_is_no_video(tmp_path, capsys, make, message):
    out = tmp_path / "out.mp4"
    code, said = exit_code(capsys, make(tmp_path), "--out", out)
    assert code == 2
    assert said.startswith("error: ")
    assert message in said
    assert len(said.strip().splitlines()) == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--out", "{tmp}/none/out.mp4"], "does not exist"),
        (["--out", "{tmp}"], "is a folder"),
        (["--out", "{tmp}/in.mp4", "--overwrite"], "is an input of the same command (VIDEO)."),
        (["--out", "{tmp}/there.mp4"], "--overwrite"),
        (["--out", "{tmp}/out.txt"], "must end in .mp4"),
        (["--subtitles", "{tmp}/out.txt"], "must end in .srt or .vtt"),
        (["--coco", "{tmp}/a.json", "--json", "{tmp}/a.json"], "name the same file"),
        (["--json", "{tmp}/a", "--csv", "{tmp}/a"], "name the same file"),
        ([], "nothing to write"),
        (["--out", "{tmp}/o.mp4", "--threshold", "1.5"], "between 0 and 1"),
        (["--out", "{tmp}/o.mp4", "--stride", "0"], "above 0"),
        (["--out", "{tmp}/o.mp4", "--max-labels", "0"], "1 or more"),
        (["--out", "{tmp}/o.mp4", "--tracker", "deepsort"], "Use one of botsort, bytetrack"),
        (["--out", "{tmp}/o.mp4", "--tracker-options", "iuo=giou"], "no parameter 'iuo'"),
        (["--out", "{tmp}/o.mp4", "--tracker-options", "iou=no"], "iou must be one of biou"),
        (["--out", "{tmp}/o.mp4", "--track-memory", "0"], "--track-memory must be a number"),
        (["--out", "{tmp}/o.mp4", "--track-memory", "nan"], "--track-memory must be a number"),
        (["--out", "{tmp}/o.mp4", "--start", "9"], "beyond the end"),
        (["--out", "{tmp}/o.mp4", "--device", "cuda:77"], "cannot be used here"),
        (
            ["--out", "{tmp}/o.mp4", "--device", "gpu"],
            "error: --device must be auto, cpu, cuda or cuda:N, got gpu.",
        ),
        (["--out", "{tmp}/o.mp4", "--device", "meta"], "cuda or cuda:N, got meta."),
        (["--out", "{tmp}/o.mp4", "--model", "slowfast_r50_4x16_ava2"], "slowfast_r50_4x16_ava21"),
        (["--out", "{tmp}/o.mp4", "--model", "none.py"], "none.py"),
        (["--out", "{tmp}/o.mp4", "--boxes", "{tmp}/none.csv"], "no such file"),
        (
            ["--out", "{tmp}/o.mp4", "--localizer", "{tmp}/none.json"],
            "error: --localizer: there is no file",
        ),
        (["--out", "{tmp}/o.mp4", "--labels", "wakl"], "walk"),
        (["--out", "{tmp}/o.mp4", "--detector", "rtmdet_tine"], "rtmdet_tiny"),
    ],
)
def test_options_that_cannot_work(tmp_path, capsys, weights, options, message):
    video = write_video(tmp_path / "in.mp4", num_frames=8)
    (tmp_path / "there.mp4").write_text("mine")
    options = [option.format(tmp=tmp_path) for option in options]
    if "--model" not in options:
        options += ["--model", CONFIG, "--weights", weights]
    before = sorted(p.name for p in tmp_path.iterdir())
    code, said = exit_code(capsys, video, *options)
    assert code == 2
    assert message in said
    assert "Traceback" not in said
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert (tmp_path / "there.mp4").read_text() == "mine"


def test_weights_of_another_model(tmp_path, capsys):
    video = write_video(tmp_path / "in.mp4", num_frames=8)
    torch.save({"state_dict": {"head.weight": torch.zeros(3, 3)}}, tmp_path / "other.pth")
    code, said = exit_code(
        *(capsys, video, "--out", tmp_path / "o.mp4", "--model", CONFIG),
        *("--weights", tmp_path / "other.pth"),
    )
    assert code == 2
    assert "head.weight" in said
    assert not (tmp_path / "o.mp4").exists()


def test_overwrite_replaces(tmp_path, weights, boxes):
    video = write_video(tmp_path / "in.mp4", num_frames=8)
    (tmp_path / "out.mp4").write_text("old")
    with pytest.raises(InputError, match="overwrite"):
        run(video, weights, "--boxes", boxes, "--out", tmp_path / "out.mp4")
    run(video, weights, "--boxes", boxes, "--out", tmp_path / "out.mp4", "--overwrite")
    assert VideoSource(tmp_path / "out.mp4").info.num_frames == 8
