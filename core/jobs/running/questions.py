"""What a page asks of interactive work: a question about a kept series or a trained model, and its answer.

An answer that was computed before is looked up in the store; another one is computed by a warm worker, ahead of trainings.
"""

from __future__ import annotations

from collections.abc import Callable

from core.errors import LimitError, NotFoundError
from core.jobs.kinds.base import Kind, Request
from core.jobs.planning.cost import CostModel
from core.jobs.planning.limits import MIB, JobLimits
from core.jobs.running.asks import Answer, Subject
from core.jobs.running.supervisor import Supervisor
from core.store.store import Store


class Questions:
    """The questions of a workbench. Safe from many threads; every call is about the things of one workspace.

    A call waits at most `wait` seconds. What is not answered by then is computed on, and found by asking again.
    """

    def __init__(self, store: Store, supervisor: Supervisor, cost: CostModel, limits: JobLimits) -> None:
        self.store, self.supervisor, self.cost, self.limits = store, supervisor, cost, limits

    def of_series(self, workspace: str, question: Kind, key: str, *, wait: float = 0.0) -> Answer:
        """About a kept series.  Raises NotFoundError, and LimitError where too many are open or this one is too large."""
        subject = Subject(key, series_key=key)
        return self._answer(workspace, question, subject, lambda: Request(self.store.panel(workspace, (key,))), wait)

    def of_model(self, workspace: str, question: Kind, run_id: str, label: str, *, wait: float = 0.0) -> Answer:
        """About a model of a run that is done, its stored weights or its result, and the series that it learned from.

        Raises the same.
        """
        record = self.store.run(workspace, run_id)
        task = next((one for one in record.tasks if one.label == label and one.kind == "model"), None)
        if task is None or task.state != "done":
            raise NotFoundError(f"the run has no trained model {label!r}; train it first")

        def request() -> Request:
            weights = self.store.weights(workspace, run_id, task.id) if "weights" in question.needs else {}
            results = {label: self.store.result(workspace, run_id, task.id)} if "outcomes" in question.needs else {}
            return Request(self.store.panel(workspace, record.spec.series), record.spec, label, results, weights)

        return self._answer(workspace, question, Subject(f"{task.id} {task.attempt}", run_id=run_id), request, wait)

    def dismiss(self, workspace: str, digest: str) -> None:
        """Cancel an open question, or forget how it ended, so that it may be asked again."""
        ask = self.supervisor.asks.find(workspace, digest)
        if ask is not None and ask.is_open:
            self.supervisor.stop((ask.id,), "cancelled")
        elif ask is not None:
            self.supervisor.asks.forget(ask)

    def _answer(self, workspace: str, question: Kind, subject: Subject, request: Callable[[], Request], wait: float) -> Answer:
        assert question.is_interactive, f"{question.name} is a task of a run, and is launched with one"
        digest = question.digest(subject.source)
        ask = self.supervisor.asks.find(workspace, digest)
        if ask is None:
            content = self.store.answer(workspace, digest)
            if content is not None:
                return Answer(digest, "done", 1.0, content=content)
            made = request()
            self._refuse_too_large(question, made)
            ask, is_new = self.supervisor.asks.add(workspace, question, made.encode(), subject)
            if is_new:
                self.supervisor.wake()
        if wait:
            ask.has_ended.wait(wait)
        return ask.answer

    def _refuse_too_large(self, question: Kind, request: Request) -> None:
        price, bounds = self.cost.scaled(question.price(request)), question.limits(self.limits)
        if price.seconds > bounds.seconds:
            what = f"about {price.seconds:,.0f} seconds, and {bounds.seconds:g} are allowed; {question.too_long}"
        elif price.memory > bounds.memory:
            what = f"about {price.memory / MIB:,.0f} MB, and {bounds.memory / MIB:,.0f} are allowed; {question.too_large}"
        else:
            return
        raise LimitError(f"this would take {what}")
