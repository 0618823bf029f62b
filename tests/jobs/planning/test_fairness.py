import pytest

from core.jobs.planning.fairness import Borrowed, in_turn, order
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


def test_of_one_run_the_cheapest_task_starts_first():
    seconds = (0.1, 5.0, 0.4, 9.0, 5.0, 1.2)
    run = [QueuedTask(f"{place}", "run", "a", "model", place, 0, 1, taken) for place, taken in enumerate(seconds)]
    later = QueuedTask("later", "other run", "a", "model", 0, 1, 1, 0.05)
    assert ids(order([later, *run])) == ["0", "2", "5", "1", "4", "3", "later"]


def test_with_two_workers_a_task_as_long_as_half_of_what_is_left_goes_before_others_that_are_not_much_cheaper():
    assert in_turn([4.0, 5.0, 6.0, 0.3, 0.1], 2) == [4, 3, 0, 2, 1]  # 6 is less than half of 15.4 and of 15, but not of 11
    assert in_turn([21.0, 0.1, 0.9, 8.0], 2) == [1, 2, 0, 3]  # 21 is over half, and waits for tasks below a second only
    assert in_turn([3.0, 100.0, 6.0], 2) == [0, 1, 2]  # and for what takes less than a twentieth of it


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_what_takes_less_than_a_second_is_never_last(workers):
    assert in_turn([30.0, 0.2, 25.0, 0.1], workers)[:2] == [3, 1]


def test_what_is_lent_for_questions_is_given_back():
    borrowed = Borrowed()
    borrowed.note(100.0, 0)
    assert borrowed.until(100.0) == 0.0
    borrowed.note(100.0, 1)
    assert borrowed.until(109.0) == 0.0
    borrowed.note(114.0, 0)  # 14 of 10 seconds
    assert borrowed.until(114.0) == 4.0
    assert borrowed.until(117.0) == 1.0
    assert borrowed.until(118.5) == 0.0
    borrowed.note(200.0, 0)
    borrowed.note(200.0, 2)  # two stand still at once
    assert borrowed.until(206.0) == 2.0
