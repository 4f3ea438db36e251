"""Change the classes of a folder, without losing labels."""

from __future__ import annotations

from collections.abc import Sequence

from stad.annotations.own.class_folders import folder_label
from stad.annotations.own.folder import OwnFolder
from stad.errors import InputError
from stad.utils.text import shown


def known_classes(folder: OwnFolder) -> tuple[str, ...]:
    """Return the classes of a folder, () if it has none yet."""
    return folder.classes() if folder.has_classes() else ()


def set_classes(folder: OwnFolder, names: Sequence[str]) -> tuple[str, ...]:
    """Write the classes that --classes names: those that are kept in their order, then new ones.

    Raises:
        InputError: a class that is not named has labels, or a name cannot be used.
    """
    names = [name.strip() for name in names]
    before = known_classes(folder)
    removed = [one for one in before if one not in names]
    if used := [one for one in removed if one in used_labels(folder, before)]:
        everything = [*before, *(one for one in names if one not in before)]
        raise InputError(
            f"--classes leaves out {shown(used)}, which has labels. Name all classes: --classes "
            f"{','.join(everything)}. To remove a class, delete its labels on the page first."
        )
    chosen = [one for one in before if one in names]
    chosen += [one for one in names if one not in before]
    if tuple(chosen) != before:
        folder.write_classes(chosen)
    return tuple(chosen)


def add_class(folder: OwnFolder, name: str) -> tuple[str, ...]:
    """Add one class at the end.

    Raises:
        InputError: it is there already, or the name cannot be used.
    """
    name, before = name.strip(), known_classes(folder)
    if name.lower() in (one.lower() for one in before):
        raise InputError(f"The class {name!r} is there already. Choose another name.")
    folder.write_classes([*before, name])
    return (*before, name)


def used_labels(folder: OwnFolder, classes: Sequence[str]) -> set[str]:
    """Return the labels that any video has, by its file or by its folder."""
    used = {folder_label(one, classes) for one in folder.videos()}
    for video in folder.labelled_videos():
        used |= {span.label for span in folder.read_labels(video).spans}
    return {one for one in used if one}
