import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

from core.data.choices import Choices
from core.data.entry import understand, understand_file
from core.data.limits import Limits
from core.errors import ConfigError, DataError, LimitError
from tests.data.brought import column, lines, understood

ROWS = (f"{name},2024-01-{day:02d},{day * day},{day % 3}" for name in ("a", "b") for day in range(1, 13))
PANEL = lines(*ROWS, head="id,ds,y,x")


def test_what_comes_out_of_the_child_is_what_is_read_here():
    choices = Choices(past=("x",), season=4)
    here, there = understood(PANEL, past=("x",), season=4), understand(PANEL.encode(), "a.csv", choices, Limits())
    assert here.as_json() == there.as_json()
    assert [series.key for series in here.panel] == [series.key for series in there.panel]


def test_the_answer_is_plain_json_with_the_fields_of_inspect():
    result = understand(PANEL.encode(), "a.csv", Choices(), Limits()).as_json()
    assert json.loads(json.dumps(result)) == result
    assert list(result) == ["dialect", "columns", "series", "repairs", "warnings"]
    assert result["series"][1] == {
        "id": "b",
        "n": 12,
        "start": "2024-01-01",
        "end": "2024-01-12",
        "freq": "D",
        "season": 7,
        "missing": 0,
        "duplicates": 0,
    }


def test_errors_of_the_child_arrive_as_they_are():
    with pytest.raises(ConfigError, match=r"^there is no column 'z'; the table has 'id', 'ds', 'y', 'x'$"):
        understand(PANEL.encode(), "a.csv", Choices(target="z"), Limits())


def test_a_missing_file_and_a_directory_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*sales.csv; check the path"):
        understand_file(tmp_path / "sales.csv", Choices(), Limits())
    with pytest.raises(DataError, match="is a directory; name a file in it"):
        understand_file(tmp_path, Choices(), Limits())


def test_a_file_is_read(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text(column("3", "1", "4"), encoding="utf-8")
    assert understand_file(path, Choices(), Limits()).panel.series[0].values.tolist() == [3, 1, 4]


def test_a_file_over_the_cap_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(60 << 20)  # sparse: it holds nothing
    with pytest.raises(LimitError, match=r"the file has 60.0 MB, the limit is 50.0 MB"):
        understand_file(path, Choices(), Limits())


def test_memory_is_limited():
    with pytest.raises(LimitError, match="more than 20 MB of memory"):
        understand(("date,y\n" + "2024-01-01,1\n" * 900_000).encode(), "a.csv", Choices(), Limits(memory=20 << 20))


def test_a_small_file_takes_less_than_two_seconds():
    content = lines(
        *(
            f"{day},{value}"
            for day, value in zip(np.arange("2024-01-01", "2024-10-27", dtype="datetime64[D]"), range(300), strict=True)
        )
    )
    start = time.monotonic()
    understand(content.encode(), "a.csv", Choices(), Limits())
    assert time.monotonic() - start < 2  # 0.4 s on an idle machine


def test_what_is_no_regular_file_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "fifo.csv")
    for path in (tmp_path / "fifo.csv", Path("/dev/null")):
        with pytest.raises(DataError, match=f"^{path} is not a regular file but a pipe, socket or device; save its content"):
            understand_file(path, Choices(), Limits())


@pytest.mark.parametrize("address", ["http://x/y.csv", "https://example.org/a/b.csv", "s3://bucket/key"])
def test_addresses_are_not_fetched_and_shown_whole(address):
    with pytest.raises(DataError) as caught:
        understand_file(Path(address), Choices(), Limits())
    assert str(caught.value) == f"{address} is an address, which is not fetched; download the file first"


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read \(File name too long\); check its name and permissions"):
        understand_file(tmp_path / ("x" * 300), Choices(), Limits())
