"""Checks a value against the part of JSON Schema that stad's schema uses."""

from __future__ import annotations

from typing import Any

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
KNOWN = {
    *("$schema", "$defs", "$ref", "title", "description", "type", "const", "properties"),
    *("required", "additionalProperties", "items", "minItems", "maxItems", "minimum"),
    *("maximum", "exclusiveMinimum"),
}


def problems(value: Any, schema: dict, root: dict, place: str = "$") -> list[str]:
    """Where a value is not what the schema says; empty where it is."""
    assert schema.keys() <= KNOWN, f"this check does not know {schema.keys() - KNOWN}"
    if "$ref" in schema:
        return problems(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, place)
    if "const" in schema:
        return [] if value == schema["const"] else [f"{place}: {value!r}"]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_is(value, kind) for kind in kinds):
        return [f"{place}: {value!r} is no {' or '.join(kinds)}"]
    if isinstance(value, dict):
        return _object_problems(value, schema, root, place)
    if isinstance(value, list):
        return _array_problems(value, schema, root, place)
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum", -1e300), schema.get("maximum", 1e300)
        if not low <= value <= high or value <= schema.get("exclusiveMinimum", -1e300):
            return [f"{place}: {value} is out of range"]
    return []


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind])


def _object_problems(value: dict, schema: dict, root: dict, place: str) -> list[str]:
    found = [f"{place}: no {key}" for key in schema.get("required", []) if key not in value]
    for key, one in value.items():
        own = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        if own is False:
            found.append(f"{place}: {key} is not known")
        else:
            found += problems(one, own, root, f"{place}.{key}")
    return found


def _array_problems(value: list, schema: dict, root: dict, place: str) -> list[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        return [f"{place}: {len(value)} items"]
    return [
        text
        for number, one in enumerate(value)
        for text in problems(one, schema["items"], root, f"{place}[{number}]")
    ]
