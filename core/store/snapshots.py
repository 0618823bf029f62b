"""What compares the models of a run, and the frozen copy behind a link, as bytes and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import numpy as np

from core.evaluation.comparison import Comparison, Pair
from core.evaluation.spec import RunSpec
from core.experiment import TaskResult
from core.series.timeseries import Panel
from core.store.blobs import decode_result, decode_series, encode_result, encode_series
from core.store.codec import decode, encode, pack, unpack
from core.store.records import Encoded, RunRecord


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A finished run as it was when its link was made. It holds no weights of networks, and no name of a workspace.

    panel: the series, None if they were not to be shared; the actuals of the scored origins are in the results either way.
    """

    title: str
    created: datetime
    spec: RunSpec
    versions: dict[str, str]
    data_hash: str
    results: tuple[TaskResult, ...]
    comparison: Comparison | None
    panel: Panel | None


def encode_comparison(comparison: Comparison) -> Encoded:
    """The comparison as plain JSON."""
    return encode({"comparison": asdict(comparison)}, {})


def decode_comparison(encoded: Encoded) -> Comparison:
    """The comparison that was encoded.  Raises DamagedError."""
    return _comparison(decode(encoded)[0]["comparison"])


def _comparison(fields: dict) -> Comparison:
    pairs = tuple(Pair(**one) for one in fields["pairs"])
    return Comparison(**{**fields, "ranking": tuple(fields["ranking"]), "pairs": pairs})


def freeze(record: RunRecord, results: Sequence[TaskResult], comparison: Comparison | None, panel: Panel | None) -> Encoded:
    """The frozen copy of a run."""
    bare = [replace(one, arrays={}) for one in results]
    arrays = {f"result/{number}": _bytes(pack(encode_result(one))) for number, one in enumerate(bare)}
    arrays |= {f"series/{number}": _bytes(encode_series(one)) for number, one in enumerate(panel or ())}
    fields = {
        "title": record.title,
        "created": record.created.isoformat(),
        "spec": record.spec.as_json(),
        "versions": dict(record.versions),
        "data_hash": record.data_hash,
        "comparison": comparison and asdict(comparison),
        "results": len(bare),
        "series": None if panel is None else len(panel),
    }
    return encode(fields, arrays)


def thaw(encoded: Encoded) -> Snapshot:
    """The copy that was frozen.  Raises DamagedError."""
    fields, arrays = decode(encoded)
    count = fields["series"]
    series = None if count is None else tuple(decode_series(arrays[f"series/{n}"].tobytes()) for n in range(count))
    return Snapshot(
        title=fields["title"],
        created=datetime.fromisoformat(fields["created"]),
        spec=RunSpec.of_json(fields["spec"]),
        versions=fields["versions"],
        data_hash=fields["data_hash"],
        results=tuple(decode_result(unpack(arrays[f"result/{n}"].tobytes())) for n in range(fields["results"])),
        comparison=fields["comparison"] and _comparison(fields["comparison"]),
        panel=None if series is None else Panel(series),
    )


def _bytes(content: bytes) -> np.ndarray:
    return np.frombuffer(content, dtype=np.uint8)
