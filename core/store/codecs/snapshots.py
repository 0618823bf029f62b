"""What compares the models of a run, and the frozen copy behind a link, as bytes and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import numpy as np

from core.codec import Encoded, decode, encode, pack, unpack
from core.evaluation.comparison import Comparison, Pair
from core.evaluation.panels import panel_of
from core.evaluation.results import Combination, Reference, TaskResult
from core.evaluation.spec import RunSpec
from core.models.spec import ModelSpec
from core.series.codec import decode_series, encode_series
from core.series.timeseries import Panel
from core.store.codecs.results import decode_result, encode_result, scores_fields, scores_of
from core.store.records import RunRecord

LATER = ("size", "equals", "rival", "reach")  # of a comparison: what those of old lack


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
    """The comparison: plain JSON, and the combinations' results."""
    arrays: dict[str, np.ndarray] = {}
    return encode({"comparison": _fields(comparison, arrays)}, arrays)


def decode_comparison(encoded: Encoded) -> Comparison:
    """The comparison that was encoded.  Raises DamagedError."""
    fields, arrays = decode(encoded)
    return _comparison(fields["comparison"], arrays)


def _fields(comparison: Comparison, arrays: dict[str, np.ndarray]) -> dict[str, object]:
    """The short part of a comparison; the combinations' results go to `arrays`."""
    arrays |= {f"combination/{n}": _bytes(pack(encode_result(one.result))) for n, one in enumerate(comparison.combinations)}
    return {
        "ranking": list(comparison.ranking),
        "score": comparison.score,
        "pairs": [asdict(one) for one in comparison.pairs],
        "verdict": comparison.verdict,
        **{name: getattr(comparison, name) for name in LATER},
        "panel": comparison.panel and asdict(comparison.panel),
        "kept": list(comparison.kept),
        "chances": dict(comparison.chances),
        "combined": comparison.combined,
        "combinations": [{"members": one.members, "weights": dict(one.weights)} for one in comparison.combinations],
        "references": [_reference_fields(one) for one in comparison.references],
    }


def _comparison(fields: Mapping, arrays: Mapping[str, np.ndarray]) -> Comparison:
    """What was stored before there were combinations and references has none."""
    return Comparison(
        ranking=tuple(fields["ranking"]),
        score=fields["score"],
        pairs=tuple(Pair(**one) for one in fields["pairs"]),
        verdict=fields["verdict"],
        combinations=tuple(
            _combination(one, arrays[f"combination/{n}"]) for n, one in enumerate(fields.get("combinations", ()))
        ),
        combined=fields.get("combined"),
        **{name: fields[name] for name in LATER if name in fields},
        panel=fields.get("panel") and panel_of(fields["panel"]),
        kept=tuple(fields.get("kept", ())),
        chances=fields.get("chances", {}),
        references=tuple(_reference(one) for one in fields.get("references", ())),
    )


def _combination(fields: Mapping, content: np.ndarray) -> Combination:
    weights = {name: tuple(some) for name, some in fields["weights"].items()}
    return Combination(decode_result(unpack(content.tobytes())), tuple(fields["members"]), weights)


def _reference_fields(one: Reference) -> dict[str, object]:
    each = {name: scores_fields(scores) for name, scores in one.series.items()}
    return {"model": asdict(one.model), "scores": scores_fields(one.scores), "series": each, "error": one.error}


def _reference(fields: Mapping) -> Reference:
    series = {name: scores_of(some) for name, some in fields["series"].items()}
    return Reference(ModelSpec.of_json(fields["model"]), scores_of(fields["scores"]), series, fields["error"])


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
        "comparison": comparison and _fields(comparison, arrays),
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
        comparison=fields["comparison"] and _comparison(fields["comparison"], arrays),
        panel=None if series is None else Panel(series),
    )


def _bytes(content: bytes) -> np.ndarray:
    return np.frombuffer(content, dtype=np.uint8)
