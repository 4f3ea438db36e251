"""Filling a page's template."""

from __future__ import annotations

from stad.outputs.page import embedded_json


def test_embedded_json_is_ascii():
    assert embedded_json({"a": "é<"}) == '{"a":"\\u00e9\\u003c"}'
