"""Names of classes: AVA's and Kinetics-400's, and label map files of one's own."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from stad.errors import InputError

BUILTIN = ("ava", "kinetics400", "motion", "poses", "synthetic")
SUFFIXES = (".pbtxt", ".txt")

# A block's start, a field with its value, a block's end, a comment, blanks.
_TOKEN = re.compile(
    r"""(?P<open>\w+\s*:?\s*\{)
      | (?P<field>\w+)\s*:\s*(?P<value>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[\w.+-]+)
      | (?P<close>\})
      | (?P<skip>\#[^\n]*|[\s,;]+)""",
    re.VERBOSE,
)


def class_names(label_map: str | Path, *, folder: Path | None = None) -> tuple[str, ...]:
    """The name of each class, in the order of the outputs.

    Args:
        label_map: 'ava' (80 names; AVA id k is at k - 1), 'kinetics400' (400, in the order of
            the DeepMind I3D label map), 'motion' (10, of ``benchmarks.motion``), 'poses' (12,
            of ``skeleton_poses``), 'synthetic' (11, of ``stad.datasets.synthetic``), or a label
            map file with ids 1, 2, ... N.
        folder: what a relative path starts from; the working folder if None.

    Raises:
        InputError: no such list or file, or ids with a gap.
    """
    if str(label_map) in BUILTIN:
        return _builtin(str(label_map))
    if Path(label_map).suffix not in SUFFIXES:
        raise InputError(
            f"there is no list of classes {str(label_map)!r}: expected one of "
            f"{', '.join(BUILTIN)}, or a file ending in {' or '.join(SUFFIXES)}"
        )
    path = (folder or Path()) / label_map
    by_id = read_label_map(path)
    gaps = [number for number in range(1, max(by_id) + 1) if number not in by_id]
    if gaps:
        raise InputError(
            f"{path} names class {max(by_id)} but not class {gaps[0]}: "
            "number the classes 1, 2, ... without a gap"
        )
    return tuple(by_id[number] for number in sorted(by_id))


@functools.cache
def _builtin(name: str) -> tuple[str, ...]:
    return tuple(read_label_map(Path(__file__).parent / f"{name}.txt").values())


def read_label_map(path: str | Path) -> dict[int, str]:
    """Class ids and their names, in the order of the file.

    Args:
        path: .pbtxt, blocks like ``label { name: "walk" label_id: 1 }`` or
            ``item { name: "walk" id: 1 }`` with ids from 1; or .txt, one name a line, which
            counts the ids from 1 (lines that begin with # and empty lines are left out).

    Raises:
        InputError: no such file, another ending, no names, or a line that is no label map.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such label map file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a label map of text ({error})") from error
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: a label map ends in {' or '.join(SUFFIXES)}")
    by_id = _parse_pbtxt(path, text) if path.suffix == ".pbtxt" else _parse_lines(path, text)
    if not by_id:
        raise InputError(f"{path} names no class")
    return by_id


def _parse_lines(path: Path, text: str) -> dict[int, str]:
    by_id: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name = line.strip()
        if not name or name.startswith("#"):
            continue
        if not name.isprintable():
            raise InputError(f"{path}, line {number}: not the name of a class: {name[:40]!r}")
        if name in by_id.values():
            raise InputError(f"{path}, line {number}: the class {name!r} is named twice")
        by_id[len(by_id) + 1] = name
    return by_id


def _parse_pbtxt(path: Path, text: str) -> dict[int, str]:
    by_id: dict[int, str] = {}
    block: dict[str, str] | None = None
    position = 0
    while position < len(text):
        line = text.count("\n", 0, position) + 1
        where = f"{path}, line {line}"
        token = _TOKEN.match(text, position)
        if token is None or (token["open"] and block is not None):
            found = text[position:].splitlines()[0][:40]
            raise InputError(f'{where}: expected name: "..." and id: N in braces, found {found!r}')
        position = token.end()
        if token["open"]:
            block = {}
        elif token["field"] or token["close"]:
            if block is None:
                raise InputError(f"{where}: {token[0]!r} stands outside of a block of braces")
            if token["field"]:
                block[token["field"]] = token["value"]
            else:
                number, name = _read_block(block, where)
                if number in by_id:
                    raise InputError(f"{where}: the id {number} is given twice")
                by_id[number] = name
                block = None
    if block is not None:
        raise InputError(f"{path} ends within a block: a closing brace is missing")
    return by_id


def _read_block(block: dict[str, str], where: str) -> tuple[int, str]:
    name = block.get("name", "")
    number = block.get("label_id", block.get("id", ""))
    if len(name) < 3 or name[0] not in "\"'":
        raise InputError(f'{where}: the block that ends here has no name: "..."')
    if not number.isdecimal() or int(number) < 1:
        raise InputError(f"{where}: the block that ends here has no id of 1 or more")
    return int(number), re.sub(r"\\(.)", r"\1", name[1:-1])
