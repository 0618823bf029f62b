from core.jobs.planning.fairness import order
from core.store.records import QueuedTask


def waiting(*names):
    """Tasks of the workspaces with these letters, launched in this order."""
    return [QueuedTask(f"{name}{at}", f"run {at}", name, "model", 0, at, 1) for at, name in enumerate(names)]


def ids(tasks):
    return [task.id for task in tasks]


def test_workspaces_take_turns_whoever_brings_more():
    assert ids(order(waiting("a", "a", "a", "b", "c"))) == ["a0", "b3", "c4", "a1", "a2"]


def test_a_workspace_that_runs_already_waits_for_the_others():
    assert ids(order(waiting("a", "b", "b"), running=["a"])) == ["b1", "a0", "b2"]


def test_the_workspace_whose_turn_is_the_longest_ago_is_next():
    assert ids(order(waiting("a", "b", "c"), turns={"a": 2, "b": 1})) == ["c2", "b1", "a0"]


def test_the_tasks_of_one_workspace_start_in_the_order_of_launch_and_position():
    one, other = waiting("a", "a")
    late = QueuedTask("late", "run 0", "a", "model", 1, 0, 1)
    assert ids(order([other, late, one])) == ["a0", "late", "a1"]


def test_one_worker_serves_ten_workspaces_in_turns():
    queue, turns, served = waiting(*"aaabbbcccddd"), {}, []
    while queue:
        first = order(queue, turns=turns)[0]
        turns[first.workspace] = len(served) + 1
        served.append(first.workspace)
        queue.remove(first)
    assert "".join(served) == "abcd" * 3


def test_of_one_run_quick_tasks_start_first_and_then_the_longest():
    seconds = (0.1, 5.0, 0.4, 9.0, 5.0, 1.0)
    run = [QueuedTask(f"{place}", "run", "a", "model", place, 0, 1, taken) for place, taken in enumerate(seconds)]
    later = QueuedTask("later", "other run", "a", "model", 0, 1, 1, 0.1)
    assert ids(order([later, *run])) == ["0", "2", "5", "3", "1", "4", "later"]
