"""The workbench's part for series: what is brought, how it is understood, and what is kept of it, in versions.

Nothing of runs: a `Workbench` is a collection that also computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.data.choices import Choices
from core.data.entry import understand, understand_file
from core.data.examples import examples_json, load_example
from core.data.limits import Limits, check_size
from core.data.understanding import Understanding
from core.data.uploads import Uploads
from core.errors import LimitError
from core.jobs.planning.launch import clean_name
from core.jobs.planning.limits import Host, JobLimits
from core.series.timeseries import Panel
from core.series.versions import Continuation, change
from core.store.records import SeriesRecord
from core.store.series import continued
from core.store.store import Store


@dataclass(frozen=True)
class AllLimits:
    """Everything that is bounded: uploads, jobs, and how many workers there are."""

    data: Limits
    jobs: JobLimits
    host: Host


class Collection:
    """The series of every workspace, in one store. `workspace` is the one that asks; the caller vouches for it."""

    limits: AllLimits
    store: Store
    uploads: Uploads

    def understand(self, content: bytes, name: str, choices: Choices) -> Understanding:
        """What an upload holds; nothing is kept."""
        return understand(content, name, choices, self.limits.data)

    def keep_upload(self, workspace: str, content: bytes, name: str) -> str:
        """Keep an upload in memory while it is being understood; its digest.  Raises LimitError."""
        check_size(len(content), self.limits.data)
        return self.uploads.keep(workspace, name, content)

    def understand_upload(self, workspace: str, digest: str, choices: Choices) -> Understanding:
        """What a kept upload holds.  Raises NotFoundError where it had to make room for others."""
        upload = self.uploads.find(workspace, digest)
        return self.understand(upload.content, upload.name, choices)

    def understand_file(self, path: Path, choices: Choices) -> Understanding:
        """What a file holds; nothing is kept."""
        return understand_file(path, choices, self.limits.data)

    def examples(self) -> list[dict[str, object]]:
        """The built-in series, described."""
        return examples_json()

    def example(self, name: str, choices: Choices | None = None) -> Understanding:
        """A built-in series."""
        return load_example(name, choices or Choices())

    def add_series(
        self, workspace: str, panel: Panel, source: str, *, continues: Continuation | None = None
    ) -> tuple[str, ...]:
        """Keep series; their keys. Existing ones are not stored again.

        continues: what they were found to continue, once a person has confirmed it; None: they stand apart, whatever they are
        called.  Raises LimitError, NotFoundError for what is gone.
        """
        self._check_count(panel)
        return self.store.add_series(workspace, panel, clean_name(source), continues=continues and continues.subjects)

    def replace_series(self, workspace: str, former: tuple[str, ...], panel: Panel, source: str) -> tuple[str, ...]:
        """Keep another reading of the same data instead of the `former` series, which stay where a run uses them; the keys.

        Raises LimitError.
        """
        self._check_count(panel)
        return self.store.replace_series(workspace, former, panel, clean_name(source))

    def continuation(self, workspace: str, panel: Panel, source: str) -> Continuation | None:
        """What kept series of the same names and source these would continue; None where there is nothing to ask."""
        names = {one.id: one.key for one in panel}
        kept = [one for one in self.store.series(workspace) if one.freq == panel.series[0].freq]
        candidates = continued(kept, names, clean_name(source))
        if not candidates:
            return None
        older = self.store.panel(workspace, tuple(one.key for one in candidates))
        changes = [change(one, panel[one.id]) for one in older]
        known = {one.series_id for one in changes if one is not None}
        if not known:
            return None
        subjects = {one.id: one.subject for one in candidates if one.id in known}
        return Continuation(tuple(filter(None, changes)), subjects, tuple(name for name in names if name not in known))

    def series(self, workspace: str) -> tuple[SeriesRecord, ...]:
        """The kept series, without their values."""
        return self.store.series(workspace)

    def panel(self, workspace: str, keys: tuple[str, ...]) -> Panel:
        """Kept series with their values.  Raises NotFoundError."""
        return self.store.panel(workspace, keys)

    def delete_series(self, workspace: str, key: str) -> None:
        """Really delete one version of a series, which no run uses."""
        self.store.delete_series(workspace, key)

    def delete_subjects(self, workspace: str, subjects: tuple[str, ...]) -> None:
        """Really delete series with all their versions, none of which a run uses: all of them, or none."""
        self.store.delete_subjects(workspace, subjects)

    def _check_count(self, panel: Panel) -> None:
        most = self.limits.jobs.run_series
        if len(panel) > most:
            raise LimitError(f"there are {len(panel):,} series, the limit is {most:,}; choose some of them")
