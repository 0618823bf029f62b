import pytest

from core.bounds import read_bounds, refuse_unknown
from core.errors import ConfigError
from core.jobs.planning.limits import Host, JobLimits, total_memory


def test_as_many_workers_as_were_asked_for():
    assert Host.from_environment({"UNROLL_WORKERS": "7"}).workers == 7
    assert 1 <= Host.from_environment({}).workers <= total_memory() // (1 << 29)


@pytest.mark.parametrize("text", ["0", "257", "-1", "two", "1.5", ""])
def test_a_bad_number_of_workers_is_named_with_its_bounds(text):
    with pytest.raises(ConfigError, match=f"UNROLL_WORKERS is '{text}'; it must be a whole number from 1 to 256"):
        Host.from_environment({"UNROLL_WORKERS": text})


def test_limits_come_from_the_environment_and_a_misspelt_one_is_refused():
    assert read_bounds(JobLimits, {"UNROLL_LIMITS_TASK_SECONDS": "60"}).task_seconds == 60
    with pytest.raises(ConfigError, match="UNROLL_LIMITS_TASK_SECOND is no limit"):
        refuse_unknown({"UNROLL_LIMITS_TASK_SECOND": "60"}, JobLimits)
