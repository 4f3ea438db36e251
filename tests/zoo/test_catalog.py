"""The tables agree with themselves, with configs/ and with what mmdet ships."""

import importlib.util
import inspect
import re
from pathlib import Path

import pytest
from mmengine.config import Config
from torchvision.models import video

from stad import zoo
from stad.datasets.ava import AVADataset
from stad.engine.ava_metric import AVAMetric
from stad.engine.options import RunOptions
from stad.engine.published import evaluation_options
from stad.errors import InputError
from stad.utils.markdown import markdown_table
from stad.zoo import choice
from stad.zoo.catalog import BLAZEPOSE, DETECTORS, MODELS
from stad.zoo.files import is_cached
from stad.zoo.tables import (
    CACHED,
    DETECTOR_COLUMNS,
    MODEL_COLUMNS,
    detector_row,
    labels_table,
    model_row,
    models_table,
)
from stad.zoo.weights import PackageWeights, ShippedWeights, UrlWeights, ZipWeights

ROOT = Path(__file__).parents[2]
# The names that others build on.
PROMISED = {
    "slowfast_r50_4x16_ava21",
    "slowfast_r50_8x8_ava22",
    "slowfast_r50_8x8_tmax_ava22",
    "slowfast_r50_4x16_context_ava21",
    "slowonly_r50_4x16_ava21",
    "slowonly_r101_8x8_ava21",
    "slowfast_acrn_r50_8x8_ava22",
    "slowfast_r50_4x16_k400",
    "slowonly_r50_4x16_k400",
    "i3d_k400",
    "slowfast_r50_8x8_k400",
    "timesformer_divst_8x32_k400",
    "timesformer_jointst_8x32_k400",
    "timesformer_spaceonly_8x32_k400",
    "tsm_r50_1x1x16_k400",
    "tsm_r50_1x1x8_k400",
    "tsn_r50_1x1x3_k400",
    "tsn_r50_1x1x8_k400",
}
ENTRIES = [*MODELS, *DETECTORS]
PAGE = re.compile(r" \(docs/(\w+\.md)\)")


def markdown_tables():
    """Return the Markdown tables of docs/zoo.md, from the catalog."""
    tables = (
        (MODEL_COLUMNS, [with_link(model_row(entry)) for entry in MODELS]),
        (DETECTOR_COLUMNS, map(detector_row, DETECTORS)),
    )
    return "\n".join(
        markdown_table(columns, rows, texts=range(len(columns))) for columns, rows in tables
    ).rstrip("\n")


def with_link(row):
    """Turn a page that a row names into a link of the model, as seen from docs/."""
    for index, cell in enumerate(row):
        if match := PAGE.search(cell):
            linked = list(row)
            linked[0], linked[index] = f"[{row[0]}]({match[1]})", PAGE.sub("", cell)
            return tuple(linked)
    return row


def test_promised_names_are_there_and_none_is_double():
    names = [entry.name for entry in ENTRIES]
    assert set(names) >= PROMISED
    assert len(set(names)) == len(names)
    tasks = ("detect", "recognize", "tag")
    assert {name for task in tasks for name in zoo.names(task)} == set(zoo.names())
    assert {entry.name for entry in zoo.list_models()} == set(zoo.names())


@pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.name)
def test_configs_exist(entry):
    assert (zoo.config_dir() / entry.config).is_file()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_hashes_are_those_in_the_names_of_the_files(entry):
    weights = entry.weights
    if weights is None:
        assert entry.name == "nextvlad_youtube8m"
    elif isinstance(weights, ShippedWeights):
        assert is_cached(weights)
    elif isinstance(weights, PackageWeights):
        assert re.fullmatch("[0-9a-f]{64}", weights.sha256)
        assert re.fullmatch("[0-9a-f]{64}", weights.archive_sha256)
    elif isinstance(weights, ZipWeights):
        # The digits in these names are of another file: the torch checkpoint.
        assert re.fullmatch("[0-9a-f]{64}|", weights.sha256)
        assert weights.url.endswith(f"/{weights.file_name.removesuffix('.onnx')}.zip")
    elif re.search("/(umt|hiera)/", weights.url):
        # The authors publish none.
        assert weights.sha256 == ""
    elif weights.url.endswith(".pth"):
        assert weights.url.endswith(f"-{weights.sha256}.pth")
        assert re.fullmatch("[0-9a-f]{8}", weights.sha256)
    # OpenMMLab's folders are named as the files in them, up to the date.
    if isinstance(weights, UrlWeights) and "/mmaction/" in weights.url:
        folder, file = weights.url.split("/")[-2:]
        assert file.startswith(f"{folder}_20") or folder in ("videomae", "vmz")


def test_files_of_one_name_are_one_file():
    by_name = {}
    for entry in ENTRIES:
        for weights in (entry.weights, *getattr(entry, "needs", ())):
            if weights is not None:
                assert by_name.setdefault(weights.file_name, weights) == weights


def test_wheels_for_one_platform_name_it():
    files = {
        weights for entry in ENTRIES for weights in (entry.weights, *getattr(entry, "needs", ()))
    }
    for weights in files | {BLAZEPOSE}:
        if isinstance(weights, PackageWeights) and weights.archive.endswith(".whl"):
            _, _, python, _, platform = weights.archive.removesuffix(".whl").split("-")
            given = (weights.platform, f"cp{weights.python.replace('.', '')}")
            assert given == (("", "cp") if platform == "any" else (platform, python))


def test_mmdet_ships_the_detectors_configs():
    spec = importlib.util.find_spec("mmdet")
    if spec is None:
        pytest.skip("needs mmdet: make mmdet")
    folder = Path(spec.origin).parent / ".mim" / "configs"
    for entry in DETECTORS:
        assert entry.kind != "mmdet" or (folder / entry.config).is_file()


def test_candidates_are_in_the_order_of_their_map():
    map_of = {entry.name: float(entry.metric.split()[-1]) for entry in MODELS if entry.metric}
    ranks = [map_of[name] for name in choice.DETECTION_MODELS]
    assert ranks == sorted(ranks, reverse=True)
    assert choice.FALLBACK_MODEL in zoo.names("detect")
    known = {entry.name for entry in DETECTORS}
    assert {*choice.DETECTORS, *choice.ONNX_DETECTORS, choice.FALLBACK_DETECTOR} <= known
    assert {entry.name for entry in DETECTORS if entry.kind == "onnx"} >= {*choice.ONNX_DETECTORS}


def test_onnx_detectors_state_their_input():
    sides = {entry.name: entry.config for entry in DETECTORS if entry.kind == "onnx"}
    assert sides == {
        "rtmdet_nano_person": "rtmdet 320",
        "rtmdet_m_person_onnx": "rtmdet 640",
        "yolox_tiny_humanart": "yolox 416",
        **{f"yolox_{size}_humanart": "yolox 640" for size in "smlx"},
    }


def test_weights_that_are_not_for_commercial_use_say_so():
    licences = {entry.name: entry.licence for entry in MODELS}
    hiera = {name: licence for name, licence in licences.items() if name.startswith("hiera")}
    assert set(hiera.values()) == {"CC BY-NC 4.0"}


def test_unknown_names_get_the_nearest():
    with pytest.raises(InputError, match="Did you mean slowfast_r50_4x16_ava21"):
        zoo.model_entry("slowfast_r50_4x16_ava")
    with pytest.raises(
        InputError, match=r"'zzz'\. List all with --list-models or stad\.zoo\.names"
    ):
        zoo.model_entry("zzz")
    with pytest.raises(InputError, match="Did you mean rtmdet_tiny"):
        zoo.detector_entry("rtmdet_tine")
    assert zoo.detector_entry("rtmdet_m_person").num_classes == 1


def test_tables_name_everything():
    text, markdown = models_table(), markdown_tables()
    for entry in ENTRIES:
        assert f"\n{entry.name} " in text
        linked = entry.name == "skeleton_poses"
        cell = f"[{entry.name}]({entry.name}.md)" if linked else entry.name
        assert f"\n| {cell} |" in markdown
    assert "| slowfast_r50_4x16_ava21 | each person | AVA v2.1 | AVA v2.1 mAP 24.32 |" in markdown
    assert CACHED not in text


def test_labels_are_listed_with_their_ids():
    assert labels_table().splitlines()[11] == " 12  stand"
    assert labels_table("i3d_k400").splitlines()[6] == "  7  arm wrestling"
    assert len(labels_table("slowonly_r50_4x16_ava21").splitlines()) == 80


AVA = "data/ava/annotations/ava_val_"
# name: AVA version, lowest score of person boxes, whether a keyframe keeps its best box, protocol.
EVALUATED = {
    "slowfast_r50_4x16_ava21": ("v2.1", 0.9, True, "mmaction2"),
    "slowfast_r50_4x16_context_ava21": ("v2.1", 0.9, True, "mmaction2"),
    "slowfast_r50_8x8_ava21": ("v2.1", 0.9, True, "mmaction2"),
    "slowfast_r50_8x8_ava22": ("v2.2", 0.9, True, "mmaction2"),
    "slowfast_r50_8x8_tmax_ava22": ("v2.2", 0.9, True, "mmaction2"),
    "slowfast_r50_8x8_tmax_focal_ava22": ("v2.2", 0.9, True, "mmaction2"),
    "slowfast_acrn_r50_8x8_ava21": ("v2.1", 0.9, True, "mmaction2"),
    "slowfast_acrn_r50_8x8_ava22": ("v2.2", 0.9, True, "mmaction2"),
    "slowonly_r50_4x16_ava21": ("v2.1", 0.9, True, "mmaction2"),
    "slowonly_r50_4x16_k700_ava21": ("v2.1", 0.9, True, "mmaction2"),
    "slowonly_nl_r50_4x16_ava21": ("v2.1", 0.9, True, "mmaction2"),
    "slowonly_nl_r50_8x8_ava21": ("v2.1", 0.9, True, "mmaction2"),
    "slowonly_r101_8x8_ava21": ("v2.1", 0.9, True, "mmaction2"),
    "slowonly_r50_4x16_k400_avakinetics": ("v2.2", 0.9, True, "mmaction2"),
    "slowonly_r50_4x16_k700_avakinetics": ("v2.2", 0.9, True, "mmaction2"),
    "slowonly_r50_8x8_k400_avakinetics": ("v2.2", 0.9, True, "mmaction2"),
    "slowonly_r50_8x8_k700_avakinetics": ("v2.2", 0.9, True, "mmaction2"),
    "slowonly_r50_8x8_context_k700_avakinetics": ("v2.2", 0.9, True, "mmaction2"),
    "slowonly_r50_8x8_context_tmax_k700_avakinetics": ("v2.2", 0.9, True, "mmaction2"),
    "slowonly_r50_8x8_context_tmax_mlp_k700_avakinetics": ("v2.2", 0.9, True, "mmaction2"),
    "slowonly_r50_8x8_tricks_k700_avakinetics": ("v2.2", 0.9, True, "mmaction2"),
    "slowonly_r50_16x4_tricks_k700_avakinetics": ("v2.2", 0.9, True, "mmaction2"),
    "umt_vit_l16_ava22": ("v2.2", 0.8, False, "official"),
    "umt_vit_b16_ava22": ("v2.2", 0.8, False, "official"),
    "videomae_vit_l16_avakinetics": ("v2.2", 0.9, True, "mmaction2"),
    "videomae_vit_b16_avakinetics": ("v2.2", 0.9, True, "mmaction2"),
    "slowfast_r50_8x8_pytorchvideo_ava22": ("v2.2", 0.8, False, "pyslowfast"),
    "slow_r50_4x16_pytorchvideo_ava22": ("v2.2", 0.8, False, "pyslowfast"),
    "slowfast_r101_8x8_nl_pyslowfast_ava21": ("v2.1", 0.8, False, "pyslowfast"),
    "slowfast_r101_8x8_nl_pyslowfast_ava22": ("v2.2", 0.8, False, "pyslowfast"),
    "slowfast_r101_16x8_nl_pyslowfast_ava22": ("v2.2", 0.8, False, "pyslowfast"),
    "slow_r50_4x16_pyslowfast_ava22": ("v2.2", 0.9, False, "pyslowfast"),
}


def evaluated_config(name):
    """The config that tools/test.py NAME evaluates with."""
    entry = zoo.model_entry(name)
    options = evaluation_options(entry, RunOptions(entry.name))
    config = Config.fromfile(options.config)
    config.merge_from_dict(dict(options.changes))
    return config


def test_every_model_of_ava_is_evaluated():
    assert set(EVALUATED) == {one.name for one in MODELS if "AVA" in one.metric}
    for entry in MODELS:
        # The version of its figure is that of its name.
        if entry.name in EVALUATED:
            assert entry.metric.startswith(f"AVA {EVALUATED[entry.name][0]} mAP ")


@pytest.mark.parametrize("name", EVALUATED)
def test_ava_models_evaluate_on_what_their_published_figure_is_of(name):
    version, min_score, keep_best, protocol = EVALUATED[name]
    config = evaluated_config(name)
    data = config.val_dataloader.dataset
    assert data.annotations == f"{AVA}{version}.csv"
    assert data.excluded == f"{AVA}excluded_timestamps_{version}.csv"
    assert data.proposals.endswith("ava_dense_proposals_val.FAIR.recall_93.9.pkl")
    defaults = inspect.signature(AVADataset).parameters
    found = [data.get(key, defaults[key].default) for key in ("min_score", "keep_best")]
    assert found == [min_score, keep_best]
    assert (config.val_evaluator.type, config.val_evaluator.protocol) == (AVAMetric, protocol)
    # 80 outputs, of which AVA evaluates 60.
    assert (config.model.roi_head.num_classes, data.label_map) == (80, "ava")
    metric = AVAMetric(protocol=protocol)
    metric.dataset_meta = {"label_map": data.label_map}
    assert len(metric._classes()) == 60
    assert config.val_dataloader.dataset.get("transform") is None


@pytest.mark.parametrize(
    ("name", "frames", "clips"),
    [
        *(("s3d_k400", 128, 1), ("r3d_18_k400", 16, 5), ("i3d_k400", 64, 1)),
        *(("mvit_v2_s_k400", 16, 5), ("swin3d_b_k400", 32, 12), ("hiera_l_16x224_k400", 16, 5)),
    ],
)
def test_recognizers_evaluate_as_their_authors_state(name, frames, clips):
    data = evaluated_config(name).val_dataloader.dataset
    assert (data.window.num_frames, data.get("num_clips", 1)) == (frames, clips)


def test_figures_that_are_of_something_else_than_the_config_say_so():
    notes = {entry.name: entry.metric_note for entry in MODELS if entry.metric_note}
    assert set(notes) == {"s3d_k400", "i3d_k400", "nextvlad_youtube8m"}
    markdown = markdown_tables()
    assert "| Kinetics-400 top-1 68.37 (of 128 frames; the config has 64) |" in markdown
    assert "| Kinetics-400 top-1 71.1 (of whole videos; the config has 64 frames) |" in markdown
    assert video.S3D_Weights.KINETICS400_V1.meta["_docs"].endswith("`clip_len=128`.")


def test_the_page_of_models_has_the_tables_of_the_catalog():
    page = (ROOT / "docs" / "zoo.md").read_text()
    for table in markdown_tables().split("\n\n"):
        assert table in page


def test_the_readme_counts_the_models():
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert f"lists all {len(MODELS)} models and {len(DETECTORS)} person detectors" in readme
