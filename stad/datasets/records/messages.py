"""Build the protobuf messages of TensorFlow's examples, without TensorFlow.

An Example is ``features``; a SequenceExample is ``context`` and ``feature_lists``. Both write the
former as field 1, so that one message reads both.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "stad_records"
_FIELD = descriptor_pb2.FieldDescriptorProto


def _add_field(
    message: descriptor_pb2.DescriptorProto,
    name: str,
    number: int,
    kind: int | str,
    *,
    repeated: bool = False,
) -> descriptor_pb2.FieldDescriptorProto:
    """Add a field; ``kind`` is a number of a plain type, or the name of a message."""
    field = message.field.add(name=name, number=number)
    field.label = _FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL
    if isinstance(kind, str):
        field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
    else:
        field.type = kind  # pyright: ignore[reportAttributeAccessIssue]
    return field


def _add_list(file: descriptor_pb2.FileDescriptorProto, name: str, kind: int) -> None:
    values = file.message_type.add(name=name)
    field = _add_field(values, "value", 1, kind, repeated=True)
    if kind != _FIELD.TYPE_BYTES:
        field.options.packed = True


def _add_map(file: descriptor_pb2.FileDescriptorProto, name: str, field: str, kind: str) -> None:
    """Add a message with one map of strings to messages; an entry is a message of its own."""
    message = file.message_type.add(name=name)
    entry = "".join(part.title() for part in field.split("_")) + "Entry"
    nested = message.nested_type.add(name=entry)
    nested.options.map_entry = True
    _add_field(nested, "key", 1, _FIELD.TYPE_STRING)
    _add_field(nested, "value", 2, kind)
    _add_field(message, field, 1, f"{name}.{entry}", repeated=True)


def _sequence_example() -> Any:
    """Return the class of the message SequenceExample."""
    file = descriptor_pb2.FileDescriptorProto(
        name="stad_records.proto", package=_PACKAGE, syntax="proto3"
    )
    kinds = {
        "BytesList": _FIELD.TYPE_BYTES,
        "FloatList": _FIELD.TYPE_FLOAT,
        "Int64List": _FIELD.TYPE_INT64,
    }
    for name, kind in kinds.items():
        _add_list(file, name, kind)
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, (name, kind) in enumerate(
        zip(("bytes", "float", "int64"), kinds, strict=True), start=1
    ):
        _add_field(feature, f"{name}_list", number, kind).oneof_index = 0
    _add_map(file, "Features", "feature", "Feature")
    feature_list = file.message_type.add(name="FeatureList")
    _add_field(feature_list, "feature", 1, "Feature", repeated=True)
    _add_map(file, "FeatureLists", "feature_list", "FeatureList")
    example = file.message_type.add(name="SequenceExample")
    _add_field(example, "context", 1, "Features")
    _add_field(example, "feature_lists", 2, "FeatureLists")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName(f"{_PACKAGE}.SequenceExample")
    return message_factory.GetMessageClass(found)


SequenceExample = _sequence_example()
