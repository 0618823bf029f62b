"""Where a network computes, and that it leaves the process as it was."""

import pytest
import torch

from core.errors import ConfigError
from core.nets.device import reproducible, resolve


def test_the_cpu_is_always_there():
    assert resolve("cpu") == "cpu"
    assert resolve("auto") == ("cuda" if torch.cuda.is_available() else "cpu")


def test_an_unknown_device_is_refused():
    with pytest.raises(ConfigError) as caught:
        resolve("tpu")
    assert str(caught.value) == "there is no device 'tpu'; choose one of auto, cpu, cuda"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(ConfigError) as caught:
        resolve("cuda")
    assert str(caught.value) == "device is cuda, but this machine has no usable GPU; choose auto or cpu"


def test_random_numbers_inside_depend_on_the_seed_alone_and_outside_on_nothing():
    torch.manual_seed(77)
    before = torch.get_rng_state()
    with reproducible(5, "cpu"):
        assert torch.get_num_threads() == 1
        first = torch.rand(3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(78)
    with reproducible(5, "cpu"):
        assert torch.equal(torch.rand(3), first)


def test_an_error_inside_still_gives_threads_and_random_state_back():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    before = torch.get_rng_state()
    try:
        with pytest.raises(ValueError, match="inside"), reproducible(5, "cpu"):
            raise ValueError("inside")
        assert torch.get_num_threads() == 2
        assert torch.equal(torch.get_rng_state(), before)
    finally:
        torch.set_num_threads(threads)
