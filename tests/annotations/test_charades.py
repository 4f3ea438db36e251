"""The CSV of Charades as segments."""

from __future__ import annotations

import pytest

from stad.annotations.segments import read_annotations
from stad.errors import InputError

HEAD = "id,subject,scene,quality,relevance,verified,script,objects,descriptions,actions,length\n"


def row(video: str, actions: str) -> str:
    script = '"A person, at the desk, says ""hello""."'
    return f"{video},HR43,Kitchen,6,7,Yes,{script},food;bag,A person sits.,{actions},33.67\n"


def test_actions_are_segments(tmp_path):
    path = tmp_path / "Charades_v1_test.csv"
    path.write_text(HEAD + row("46GP8", "c092 11.90 21.20;c147 0.00 12.60") + row("N11GT", ""))
    found = read_annotations(path)
    assert found.video == ("46GP8", "46GP8")
    assert found.label == ("c092", "c147")
    assert found.span.tolist() == [[11.9, 21.2], [0.0, 12.6]]
    assert found.videos == ("46GP8", "N11GT")
    with pytest.raises(InputError, match=r"has no subsets\. Leave out --subset"):
        read_annotations(path, subset="test")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,1,2\n", "whose first line has the columns 'id' and 'actions'; got 'a,1,2'"),
        ("", "expected the CSV of Charades"),
        (HEAD + "a,b\n", "line 2: expected 11 columns, got 2"),
        (HEAD + row("v", "c092 11.90"), "line 2: expected an action, its start and its end"),
        (HEAD + row("v", "c092 1 nan"), "got 'c092 1 nan'"),
    ],
)
def test_what_does_not_fit(tmp_path, text, said):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_annotations(path)
