"""Tag many videos: features that are known are not computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from stad.annotations.own.fingerprint import fingerprint
from stad.datasets.records.features import decode
from stad.datasets.records.modalities import ALL_FRAMES, as_modalities, join_modalities
from stad.datasets.records.shards import SUFFIX, find_shards
from stad.datasets.records.tfrecord import Fault, RecordError, read_records
from stad.errors import InputError
from stad.inference.options import RuntimeName
from stad.tagging.describer import ClipDescriber
from stad.tagging.known import KnownFeatures
from stad.tagging.parts import VectorFiles
from stad.tagging.progress import SecondsBar
from stad.tagging.table import is_records, read_table
from stad.tagging.tagger import Tagger, VideoTags
from stad.tagging.videos import ListedVideo, list_videos, stated_lengths
from stad.utils.cache import cache_dir
from stad.utils.text import first_line

CACHE = "tag_features"
YOUTUBE8M_NOTE = (
    "The features of that model are those of YouTube-8M, of Inception-v3 (2015) and VGGish, which "
    "cannot be computed here, and features of other networks cannot be compared with them. Give "
    "records (*.tfrecord) that YouTube-8M or MediaPipe's extractor wrote, or a tagger of your own."
)

Log = Callable[[str], None]


@dataclass
class TagJob:
    """Tags videos one after the other.

    Args:
        tagger: that scores them.
        device: of the network that describes videos.
        runtime: library that runs it.
        progress: show a progress bar.
        log: takes lines about what was done and left out.

    Attributes:
        left_out: why videos have no tags, by their ids.
    """

    tagger: Tagger
    device: str = "auto"
    runtime: RuntimeName = "auto"
    progress: bool = True
    log: Log = lambda text: None
    left_out: dict[str, str] = field(default_factory=dict)

    def tag_videos(self, videos: Sequence[ListedVideo]) -> Iterator[VideoTags]:
        """Yield the tags of videos; those that cannot be read are reported and left out.

        Raises:
            InputError: the tagger's features cannot be computed, or no video can be read.
        """
        tagger = self.tagger
        if tagger.kind is None or tagger.pca is None:
            raise InputError(f"--model {tagger.name} cannot tag videos. {YOUTUBE8M_NOTE}")
        describer = ClipDescriber(
            tagger.backbone,
            tagger.backbone_weights,
            device=self.device,
            runtime=self.runtime,
            progress=self.progress,
            log=self.log,
        )
        if difference := tagger.kind.difference(describer.kind):
            raise InputError(
                f"{tagger.name} was trained on features of {difference}. Put that network back, or "
                "write the features and train again."
            )
        key = {**tagger.kind.to_json(), "pca": tagger.pca_sha256}
        store = VectorFiles(cache_dir() / CACHE, key)
        known = KnownFeatures.beside(tagger)
        with SecondsBar(self._total_sec(videos), shows=self.progress) as bar:
            for video in videos:
                bar.begin(video.id, self._lengths.get(video.id, 0.0))
                found = self._tag(video, describer, store, known, bar)
                bar.end()
                if found is not None:
                    yield found
        if videos and len(self.left_out) == len(videos):
            name, reason = next(iter(self.left_out.items()))
            raise InputError(
                f"None of the {len(videos)} videos can be read, for example {name}: {reason}"
            )

    def _total_sec(self, videos: Sequence[ListedVideo]) -> float:
        """Return the stated length of all videos that can be opened, seconds."""
        self._lengths = stated_lengths(videos, on_error=self._leave_out)
        return sum(self._lengths.values())

    def _leave_out(self, video: ListedVideo, error: Exception) -> None:
        self.left_out[video.id] = first_line(error)
        self.log(f"warning   {video.id} is left out. {first_line(error)}")

    def _tag(
        self,
        video: ListedVideo,
        describer: ClipDescriber,
        store: VectorFiles,
        known: KnownFeatures | None,
        bar: SecondsBar,
    ) -> VideoTags | None:
        """Return the tags of a video; None for one that cannot be read."""
        if video.id not in self._lengths:
            return None
        try:
            mark = fingerprint(video.path)
            frames = store.read(mark)
            if frames is None and known is not None:
                frames = known.read(mark)
            is_new = frames is None
            if frames is None:
                frames = self._describe(video, describer, bar)
                store.write_if_possible(mark, frames)
        except InputError as error:
            self._leave_out(video, error)
            return None
        return self.tagger.tag(video.id, frames, path=video.path, is_new=is_new)

    def _describe(
        self, video: ListedVideo, describer: ClipDescriber, bar: SecondsBar
    ) -> np.ndarray:
        """Return the features of a video, (T, K) uint8."""
        assert self.tagger.pca is not None
        vectors = describer.describe_video(video.path, on_second=bar.step)
        if not len(vectors):
            raise InputError(f"{video.path} has no frames. Copy it again, or convert it.")
        return self.tagger.pca.quantise(vectors)

    def tag_records(self, shards: Sequence[Path]) -> Iterator[VideoTags]:
        """Yield the tags of the records of shards; damaged ones are reported and left out.

        Raises:
            InputError: a shard cannot be read, or its features are of another kind.
        """
        modalities = as_modalities(self.tagger.modalities)
        self._check_comparable(shards)
        for shard in shards:
            for number, data in enumerate(read_records(shard)):
                try:
                    if isinstance(data, Fault):
                        raise RecordError(data.reason)
                    record = decode(data)
                    frames, counts = join_modalities(record, modalities, max_frames=ALL_FRAMES)
                except RecordError as error:
                    name = f"{shard}, record {number}"
                    self.left_out[name] = str(error)
                    self.log(f"warning   {name} is left out: {error}")
                    continue
                yield self.tagger.tag(record.record_id, frames, counts)

    def _check_comparable(self, shards: Sequence[Path]) -> None:
        """Raise InputError for records whose features the tagger was not trained on."""
        tagger = self.tagger
        for folder in dict.fromkeys(one.parent for one in shards):
            table = read_table(folder) if is_records(folder) else None
            if tagger.kind is None:
                if table is not None:
                    raise InputError(
                        f"{folder} has features of {table.kind.backbone}. {YOUTUBE8M_NOTE}"
                    )
                continue
            if table is None or table.pca_sha256 != tagger.pca_sha256:
                what = "features of another PCA" if table else "no records.json"
                raise InputError(
                    f"{folder} has {what}, so its records cannot be compared with those that "
                    f"{tagger.name} was trained on. Give the videos themselves, or write records "
                    "with --pca of that folder."
                )


def find_inputs(inputs: Sequence[str]) -> tuple[list[str], list[Path]]:
    """Divide inputs into videos or folders of them, and shards of records.

    A folder with shards and without a video of its own is a folder of records.
    """
    videos: list[str] = []
    shards: list[Path] = []
    for one in inputs:
        path = Path(one)
        inside = find_shards(path) if path.is_dir() else []
        if path.suffix == SUFFIX and path.is_file():
            shards.append(path)
        elif inside:
            shards += inside
        else:
            videos.append(one)
    return videos, shards


def tag_inputs(job: TagJob, inputs: Sequence[str]) -> list[VideoTags]:
    """Tag videos and records.

    Raises:
        InputError: none can be read, or the tagger does not fit them.
    """
    videos, shards = find_inputs(inputs)
    tagged = list(job.tag_records(shards)) if shards else []
    if videos:
        tagged += job.tag_videos(list_videos(videos).videos)
        if known := sum(one.path is not None and not one.is_new for one in tagged):
            job.log(f"known     the features of {known} videos were there")
    return tagged
