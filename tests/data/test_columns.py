import pytest

from core.bounds import read_bounds, refuse_unknown
from core.data.choices import Choices
from core.data.limits import Limits
from core.errors import ConfigError
from tests.data.brought import lines, refusal, understood


def roles(text: str, **choices: object) -> dict[str, str]:
    return {column.name: column.role for column in understood(text, **choices).columns}


def test_the_usual_names_are_understood_and_ids_stay_text():
    rows = [f"{name},2020Q{quarter},{quarter * weight}" for name, weight in (("NA", 1), ("007", 5)) for quarter in range(1, 5)]
    result = understood(lines(*rows, head="unique_id,ds,y"))
    assert [series.id for series in result.panel] == ["NA", "007"]
    assert result.panel["007"].values.tolist() == [5, 10, 15, 20]
    assert [column.type for column in result.columns] == ["text", "date", "number"]


def test_a_text_column_under_repeated_times_is_proposed_as_the_id():
    rows = [f"2024-01-0{day},{shop},{day}" for shop in ("north", "south") for day in range(1, 6)]
    result = understood(lines(*rows, head="day,branch,amount"))
    assert {column.name: column.role for column in result.columns} == {"day": "time", "branch": "id", "amount": "target"}
    assert len(result.panel) == 2


def test_of_several_number_columns_one_is_proposed_and_the_others_are_named():
    rows = [f"2024-01-0{day},{day},{2 * day},{3 * day}" for day in range(1, 6)]
    result = understood(lines(*rows, head="date,price,sales,stock"))
    assert [column.role for column in result.columns] == ["time", "ignored", "target", "ignored"]
    assert '"sales" was taken as the target and "price", "stock" left out' in result.warnings[0]


def test_every_number_column_can_become_a_series():
    rows = [f"2024-01-0{day},{day},{2 * day}" for day in range(1, 6)]
    result = understood(lines(*rows, head="date,north,south"), target="*")
    assert {series.id: series.values.tolist() for series in result.panel} == {
        "north": [1, 2, 3, 4, 5],
        "south": [2, 4, 6, 8, 10],
    }


def test_times_as_column_names_make_each_row_a_series():
    result = understood("country,2019,2020,2021\nDE,1,2,5\nFR,4,7,6\n")
    assert {series.id: series.values.tolist() for series in result.panel} == {"DE": [1, 2, 5], "FR": [4, 7, 6]}
    assert "each row was read as one series" in result.warnings[0]


def test_an_index_column_without_a_name_is_no_target():
    result = understood(",date,y\n0,2024-01-01,4\n1,2024-01-02,7\n2,2024-01-03,5\n")
    assert [column.role for column in result.columns] == ["ignored", "time", "target"]


def test_years_are_times_and_not_values():
    assert roles("year,volume\n1871,1120\n1872,1160\n1873,963\n") == {"year": "time", "volume": "target"}


def test_choices_override_the_proposal():
    rows = [f"2024-01-0{day},2025-02-0{day},{day},{2 * day}" for day in range(1, 6)]
    text = lines(*rows, head="date,delivered,sales,price")
    assert roles(text, time="delivered", target="price", past=("sales",)) == {
        "date": "ignored",
        "delivered": "time",
        "sales": "past",
        "price": "target",
    }


def test_letter_case_of_a_chosen_column_does_not_matter():
    assert roles(lines("2024-01-01,1", "2024-01-02,2", "2024-01-03,5", head="Date,Sales"), target="sales")["Sales"] == "target"


def test_an_unknown_column_is_refused_with_those_that_are_there():
    assert refusal(lines("2024-01-01,1"), target="sales") == "there is no column 'sales'; the table has 'date', 'y'"


def test_a_table_without_numbers_is_refused_with_what_it_holds():
    assert refusal("a,b\nx,u\nz,v\n") == (
        'there is no column of numbers to forecast, only column A "a" with "x", column B "b" with "u"; '
        "bring one, or name the target"
    )


def test_names_are_kept_whatever_they_are():
    names = ["=cmd()", "<b>x</b>", "a.b", "__proto__", "sales:Q", "back\\slash"]
    rows = [f"2024-01-0{day}," + ",".join(str(day * k) for k in range(1, 7)) for day in range(1, 5)]
    assert [s.id for s in understood(lines(*rows, head="date," + ",".join(names)), target="*").panel] == names


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"decimal": ";"}, "the decimal mark is ';'; it can be '.' or ','"),
        ({"duplicates": "median"}, "duplicates is 'median'; it can be sum, mean, first, last"),
        ({"season": 0}, "season is 0; it must be at least 1"),
        ({"target": "y", "past": ("y",)}, "column 'y' was given two roles"),
    ],
)
def test_choices_that_cannot_be_are_refused(choices, words):
    with pytest.raises(ConfigError) as caught:
        Choices(**choices)
    assert words in str(caught.value)


def test_limits_come_from_the_environment():
    limits = read_bounds(Limits, {"UNROLL_LIMITS_ROWS": "1000", "PATH": "/bin"})
    assert (limits.rows, limits.bytes, limits.columns) == (1000, 52_428_800, 2000)


@pytest.mark.parametrize(
    ("name", "value"), [("UNROLL_LIMITS_ROWS", "many"), ("UNROLL_LIMITS_ROWS", "0"), ("UNROLL_LIMITS_ROW", "5")]
)
def test_limits_that_cannot_be_are_refused(name, value):
    def read() -> None:
        refuse_unknown({name: value}, Limits)
        read_bounds(Limits, {name: value})

    with pytest.raises(ConfigError, match=f"^{name} is "):
        read()
