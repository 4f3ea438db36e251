"""Read names of classes: lists that come with stad, and label map files."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from stad.errors import InputError
from stad.utils.files import read_text

# AVA v2.1 and v2.2 evaluate these 60 of the 80 classes.
EVALUATED = Path(__file__).with_name("ava60.pbtxt")
BUILTIN = (
    *("ava", "kinetics400", "long_context", "motion", "multisports", "planted", "poses"),
    *("synthetic", "youtube8m"),
)
SUFFIXES = (".pbtxt", ".txt")

# The start of a block, a field with its value, the end of a block, a comment, blanks.
_TOKEN = re.compile(
    r"""(?P<open>\w+\s*(?::\s*)?\{)
      | (?P<field>\w+)\s*:\s*(?P<value>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[\w.+-]+)
      | (?P<close>\})
      | (?P<skip>\#[^\n]*|[\s,;]+)""",
    re.VERBOSE,
)


def class_names(label_map: str | Path, *, folder: Path | None = None) -> tuple[str, ...]:
    """Return the name of each class, in the order of the outputs.

    Args:
        label_map: 'ava' (80 names; AVA id k is at k - 1), 'kinetics400' (400, in the order of
            the DeepMind I3D label map), 'long_context' (6, of ``benchmarks.long_context``),
            'motion' (10, of ``benchmarks.motion``), 'multisports'
            (66, in the order of its annotations), 'planted' (20, of ``planted_records``), 'poses'
            (12, of ``skeleton_poses``), 'synthetic' (11, of ``stad.datasets.synthetic``),
            'youtube8m' (3862, in the order of its labels), or a label map file with ids
            1, 2, ... N.
        folder: the folder of a relative path; the working folder if None.

    Raises:
        InputError: there is no such list or file, or its ids have a gap.
    """
    if str(label_map) in BUILTIN:
        return _builtin(str(label_map))
    if Path(label_map).suffix not in SUFFIXES:
        raise InputError(
            f"There is no list of classes {str(label_map)!r}: expected one of "
            f"{', '.join(BUILTIN)}, or a file ending in {' or '.join(SUFFIXES)}."
        )
    path = (folder or Path()) / label_map
    by_id = read_label_map(path)
    gaps = [number for number in range(1, max(by_id) + 1) if number not in by_id]
    if gaps:
        raise InputError(
            f"{path} names class {max(by_id)} but not class {gaps[0]}. "
            "Number the classes 1, 2, ... without a gap."
        )
    return tuple(by_id[number] for number in sorted(by_id))


def evaluated_classes() -> dict[int, str]:
    """Return the 60 classes that AVA v2.1 and v2.2 evaluate: id -> name."""
    return read_label_map(EVALUATED)


@functools.cache
def _builtin(name: str) -> tuple[str, ...]:
    return tuple(read_label_map(Path(__file__).parent / f"{name}.txt").values())


def read_label_map(path: str | Path) -> dict[int, str]:
    """Read class ids and their names, in the order of the file.

    Args:
        path: .pbtxt, blocks like ``label { name: "walk" label_id: 1 }`` or
            ``item { name: "walk" id: 1 }`` with ids from 1; or .txt, one name per line, where
            ids count from 1 (lines that begin with # and empty lines are skipped).

    Raises:
        InputError: there is no such file, its ending is unknown, it has no names, or a line is
            wrong.
    """
    path = Path(path)
    try:
        text = read_text(path, encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such label map file. Check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a label map of text ({error}).") from error
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: the name of a label map file ends in {' or '.join(SUFFIXES)}.")
    by_id = _parse_pbtxt(path, text) if path.suffix == ".pbtxt" else _parse_lines(path, text)
    if not by_id:
        raise InputError(f"{path} names no class. Write one class per line.")
    return by_id


def _parse_lines(path: Path, text: str) -> dict[int, str]:
    by_id: dict[int, str] = {}
    names: set[str] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        name = line.strip()
        if not name or name.startswith("#"):
            continue
        if not name.isprintable():
            raise InputError(f"{path}, line {number}: {name[:40]!r} is not the name of a class.")
        if name in names:
            raise InputError(
                f"{path}, line {number}: the class {name!r} is named twice. Delete one of them."
            )
        names.add(name)
        by_id[len(by_id) + 1] = name
    return by_id


def _parse_pbtxt(path: Path, text: str) -> dict[int, str]:
    by_id: dict[int, str] = {}
    block: dict[str, str] | None = None
    position, counted, line = 0, 0, 1
    while position < len(text):
        line += text.count("\n", counted, position)
        counted, where = position, f"{path}, line {line}"
        token = _TOKEN.match(text, position)
        if token is None or (token["open"] and block is not None):
            found = text[position:].splitlines()[0][:40]
            raise InputError(f'{where}: expected name: "..." and id: N in braces, found {found!r}.')
        position = token.end()
        if token["open"]:
            block = {}
        elif token["field"] or token["close"]:
            if block is None:
                raise InputError(f"{where}: {token[0]!r} is outside of a block of braces.")
            if token["field"]:
                block[token["field"]] = token["value"]
            else:
                number, name = _read_block(block, where)
                if number in by_id:
                    raise InputError(
                        f"{where}: the id {number} is given twice. Give each class its own."
                    )
                by_id[number] = name
                block = None
    if block is not None:
        raise InputError(f"{path} ends within a block: a closing brace is missing.")
    return by_id


def _read_block(block: dict[str, str], where: str) -> tuple[int, str]:
    name = block.get("name", "")
    number = block.get("label_id", block.get("id", ""))
    if len(name) < 3 or name[0] not in "\"'":
        raise InputError(f'{where}: the block that ends here has no name: "...".')
    if not number.isdecimal() or int(number) < 1:
        raise InputError(f"{where}: the block that ends here has no id of 1 or more.")
    name = re.sub(r"\\(.)", r"\1", name[1:-1])
    if not name.isprintable():
        raise InputError(f"{where}: {name[:40]!r} is not the name of a class.")
    return int(number), name
