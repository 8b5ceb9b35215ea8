"""The messages of Prometheus remote write, declared from their published text.

Source: prometheus/prometheus, `prompb/remote.proto` and `prompb/types.proto` for 1.0, and
`prompb/io/prometheus/write/v2/types.proto` for 2.0. Only what is sent is declared: no exemplars, no
native histograms, and no start of a counter, for no device says when its register began.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_V1: Final = "prometheus"
_V2: Final = "io.prometheus.write.v2"
_TYPES: Final = {
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "uint32": FieldDescriptorProto.TYPE_UINT32,
    "string": FieldDescriptorProto.TYPE_STRING,
}
_TEXT: Final = {
    _V1: """
        WriteRequest
            repeated TimeSeries timeseries = 1
            repeated MetricMetadata metadata = 3
        TimeSeries
            repeated Label labels = 1
            repeated Sample samples = 2
        Label
            string name = 1
            string value = 2
        Sample
            double value = 1
            int64 timestamp = 2
        MetricMetadata
            uint32 type = 1
            string metric_family_name = 2
            string help = 4
            string unit = 5
    """,
    _V2: """
        Request
            repeated string symbols = 4
            repeated TimeSeries timeseries = 5
        TimeSeries
            repeated uint32 labels_refs = 1
            repeated Sample samples = 2
            Metadata metadata = 5
        Sample
            double value = 1
            int64 timestamp = 2
        Metadata
            uint32 type = 1
            uint32 help_ref = 3
            uint32 unit_ref = 4
    """,
}
"""A message's name, then its fields. An enum is a number on the wire, as `uint32` is."""

METRIC_TYPES: Final = {"counter": 1, "gauge": 2, "histogram": 3, "summary": 5, "untyped": 0}
"""The numbers of the types, the same in both protocols."""


def _pool() -> DescriptorPool:
    pool = DescriptorPool()
    for package, text in _TEXT.items():
        file = FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
        for words in map(str.split, text.strip().splitlines()):
            if len(words) == 1:
                message = file.message_type.add(name=words[0])
                continue
            *repeated, kind, name, _, number = words
            label = (
                FieldDescriptorProto.LABEL_REPEATED
                if repeated
                else FieldDescriptorProto.LABEL_OPTIONAL
            )
            field = message.field.add(name=name, number=int(number), label=label)
            if kind in _TYPES:
                field.type = _TYPES[kind]
            else:
                field.type, field.type_name = (
                    FieldDescriptorProto.TYPE_MESSAGE,
                    f".{package}.{kind}",
                )
        pool.AddSerializedFile(file.SerializeToString())
    return pool


_POOL: Final = _pool()


def _message(name: str) -> Any:
    return GetMessageClass(_POOL.FindMessageTypeByName(name))


WriteRequest: Final = _message(f"{_V1}.WriteRequest")
Sample: Final = _message(f"{_V1}.Sample")
Request: Final = _message(f"{_V2}.Request")
