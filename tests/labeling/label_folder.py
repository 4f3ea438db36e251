"""A folder of small videos with people, and its server in this process."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import ActorTrack, LabelSpan, VideoLabels, labels_to_json
from stad.labeling.app import build_app
from stad.labeling.preparation import Preparation
from stad.labeling.project import LabelProject
from stad.labeling.proposals import Proposals
from stad.labeling.serving import page_url
from stad.own_classes.people import PeopleFinder, cached_path
from stad.utils.web_server import StoppableServer, open_socket
from tests.videos import write_video

VIDEO, SECOND, THIRD = "a.mp4", "b.mp4", "c.mp4"
SIZE_PX, FPS, DURATION_SEC = (320, 240), 10, 12.0
CLASSES = ("squat", "lunge", "march")
TOKEN = "secret-of-the-test"
# Actor -> from where to where it is there, and its box: #1 leaves before #2 comes.
PEOPLE = {
    0: (0.0, 11.8, (20, 60, 60, 200)),
    1: (0.0, 5.0, (100, 60, 140, 200)),
    2: (6.0, 11.8, (110, 60, 150, 200)),
    3: (3.0, 9.0, (220, 60, 270, 200)),
}


def track(
    track_id: int, start_sec: float, end_sec: float, box, *, step_sec: float = 0.2
) -> ActorTrack:
    """A track that stays where it is."""
    times = np.round(np.arange(start_sec, end_sec + 0.01, step_sec), 3)
    return ActorTrack(track_id, times, np.tile(np.array(box, np.float32), (len(times), 1)))


def people_tracks() -> tuple[ActorTrack, ...]:
    """The tracks of ``PEOPLE``."""
    return tuple(track(one, *rest) for one, rest in PEOPLE.items())


def write_people(folder: OwnFolder, video: str, tracks, *, duration_sec: float) -> None:
    """Write what the detector and the tracker would have found."""
    mark = fingerprint(folder.video_path(video))
    people = VideoLabels(video, *SIZE_PX, duration_sec, mark, tracks=tuple(tracks))
    content = {**labels_to_json(people), "fps": FPS, "detector": "test"}
    cached_path(folder, video).write_text(json.dumps(content))


def make_folder(path: Path) -> OwnFolder:
    """A folder of three videos: people in the first one only."""
    path.mkdir()
    folder = OwnFolder(path)
    write_video(path / VIDEO, num_frames=int(FPS * DURATION_SEC), fps=FPS, size=SIZE_PX)
    for name in (SECOND, THIRD):
        write_video(path / name, num_frames=20 + ord(name[0]) % 2, fps=FPS, size=SIZE_PX)
    folder.write_classes(CLASSES)
    write_people(folder, VIDEO, people_tracks(), duration_sec=DURATION_SEC)
    for name in (SECOND, THIRD):
        write_people(folder, name, (), duration_sec=2.0)
    return folder


def write_proposals(folder: OwnFolder, spans: list[tuple]) -> None:
    """Write what a trained model would have proposed: (track, label, start, end, score)."""
    folder.model_path.mkdir(exist_ok=True)
    (folder.model_path / "model.json").write_text("{}")
    proposals = Proposals(folder)
    rows = [
        dict(zip(("track", "label", "start_sec", "end_sec", "score"), one, strict=True))
        for one in spans
    ]
    proposals._write(VIDEO, proposals._model_print(), rows)


class Server:
    """The server of ``stad label`` in a thread, which can be stopped and started again."""

    def __init__(self, folder: OwnFolder) -> None:
        self.folder, self.port = folder, 0

    def start(self) -> Server:
        """Start, the second time at the same address."""
        self._preparation = Preparation(self.folder, PeopleFinder(self.folder, log=lambda _: None))
        project = LabelProject(self.folder, self._preparation, Proposals(self.folder))
        listener = open_socket(self.port)
        self.port = listener.getsockname()[1]
        self.url = page_url(listener, TOKEN)
        self._ended = threading.Event()
        self._server = StoppableServer(build_app(project, TOKEN), should_stop=self._ended.is_set)
        self._preparation.start()
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """End without finishing what is running."""
        self._preparation.stop()
        self._server.force_exit = True
        self._ended.set()
        self._thread.join(10)


def label_on_disk(folder: OwnFolder, *spans: LabelSpan) -> VideoLabels:
    """Write labels as another program would."""
    current = folder.read_labels(VIDEO)
    tracks = current.tracks or people_tracks()
    mark = fingerprint(folder.video_path(VIDEO))
    changed = replace(
        current,
        tracks=tracks,
        spans=spans,
        width_px=SIZE_PX[0],
        height_px=SIZE_PX[1],
        duration_sec=DURATION_SEC,
        fingerprint=mark,
    )
    return folder.write_labels(changed)
