"""Memory is foreseen: what is needed is counted to the byte, and refused before anything is allocated."""

import os

import numpy as np
import pytest

from cnnmath import numeric, ops
from cnnmath.errors import OutOfMemoryError
from cnnmath.numeric import KERNELS, Kernel, choose_method, kernels, memory, memory_needed, using
from tests.numeric.test_dtypes import filled
from tests.support import each, every_operator

MEMINFO = "MemTotal:       32 kB\nMemFree:          4 kB\nMemAvailable:          12 kB\n"


@pytest.fixture
def nothing_left(monkeypatch):
    monkeypatch.setattr(memory, "SMALL", 0)
    monkeypatch.setattr(memory, "available", lambda: 0)


@every_operator
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_needed_is_the_size_of_all_arrays_and_of_the_scratch_memory(kind, dtype):
    problem = filled(kind, dtype, dtype)
    own = KERNELS[kind].scratch
    scratch = own(problem.op, *problem.case.inputs) * np.dtype(dtype).itemsize if own else 0
    given = scratch + sum(a.nbytes for a in problem.arrays.values())
    forward = given + problem.forward().nbytes
    backward = given + problem.dy.nbytes + sum(grad.nbytes for grad in problem.backward().values())
    assert memory_needed(problem.op, *problem.case.inputs, dtype=dtype) == forward
    assert memory_needed(problem.op, *problem.case.inputs, dtype=dtype, gradient=True) == backward


@every_operator
@pytest.mark.usefixtures("nothing_left")
def test_no_kernel_runs_where_nothing_is_left(kind, monkeypatch):
    problem = filled(kind, float, float)
    monkeypatch.setattr(kernels, "KERNELS", {kind: Kernel(pytest.fail, pytest.fail)})
    for run in (problem.forward, problem.backward):
        with pytest.raises(MemoryError, match="do not fit into memory") as caught:
            run()
        assert isinstance(caught.value, OutOfMemoryError)


@pytest.mark.usefixtures("nothing_left")
def test_an_empty_batch_needs_nothing():
    assert numeric.forward(ops.ReLU(), np.ones((0, 2))).shape == (0, 2)


def test_the_whole_answer_where_a_smaller_batch_would_fit(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 3 << 30)
    x = np.broadcast_to(np.float32(1), (64, 64, 512, 512))
    with pytest.raises(OutOfMemoryError) as caught:
        numeric.forward(ops.ReLU(), x)
    assert str(caught.value) == (
        "relu: the arrays that this takes do not fit into memory.\n"
        "  rule    bytes needed <= bytes available\n"
        "  here    4 GiB > 3 GiB\n"
        "  fix     give at most 48 of the 64 samples at a time, or a dtype of fewer bytes"
    )
    with pytest.raises(OutOfMemoryError, match="16 GiB > 3 GiB"):  # of float64: a copy of x, and dx
        numeric.backward(ops.ReLU(), np.broadcast_to(1.0, x.shape), x)


def test_a_single_sample_too_large_has_no_smaller_batch(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 1 << 20)
    with pytest.raises(OutOfMemoryError, match="fix     give smaller inputs, or a dtype of fewer bytes"):
        numeric.forward(ops.ReLU(), np.broadcast_to(1.0, (1, 64, 512, 512)))


@each((ops.Conv, ops.ReLU))
def test_a_kernel_says_what_it_holds_besides(kind, monkeypatch):
    problem, own = filled(kind, float, float), KERNELS[kind]
    greedy = Kernel(own.forward, own.backward, scratch=lambda _, x: 10**15 * x[0])
    monkeypatch.setattr(kernels, "KERNELS", {kind: Kernel(own.forward, own.backward)})
    less = memory_needed(problem.op, *problem.case.inputs)
    monkeypatch.setattr(kernels, "KERNELS", {kind: greedy})
    monkeypatch.setattr(memory, "available", lambda: 10**12)
    assert memory_needed(problem.op, *problem.case.inputs) == less + 8 * 10**15
    with pytest.raises(OutOfMemoryError):
        problem.forward()


def test_a_convolution_foresees_what_its_threads_hold():
    op, shape = ops.Conv(256, 3, padding=1), (1, 256, 56, 56)
    arrays = sum(map(np.prod, (shape, *op.parameters(shape).values(), op.shape(shape)))) * 8
    with using(threads=3):
        found = memory_needed(op, shape)
        assert found == arrays + 3 * choose_method(op, shape, dtype=float).prediction.scratch
    with using(threads=1):
        assert arrays < memory_needed(op, shape) < found


def test_small_arrays_do_not_ask_the_machine(monkeypatch):
    monkeypatch.setattr(memory, "available", pytest.fail)
    assert numeric.forward(ops.ReLU(), np.ones((1, 2))).shape == (1, 2)


def test_where_the_machine_does_not_say_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "SMALL", 0)
    monkeypatch.setattr(memory, "available", lambda: None)
    assert numeric.forward(ops.ReLU(), np.ones((1, 2))).shape == (1, 2)


def test_what_is_available_is_read_where_linux_says_it(tmp_path):
    (tmp_path / "meminfo").write_text(MEMINFO)
    assert memory.available(tmp_path / "meminfo") == 12 * 1024


def test_elsewhere_free_pages_are_counted_or_nothing_is_known(tmp_path, monkeypatch):
    pages = {"SC_AVPHYS_PAGES": 3, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__, raising=False)
    assert memory.available(tmp_path / "none") == 3 * 4096

    def unknown(name):
        raise ValueError(name)

    monkeypatch.setattr(os, "sysconf", unknown, raising=False)
    assert memory.available(tmp_path / "none") is None
    monkeypatch.delattr(os, "sysconf")
    assert memory.available(tmp_path / "none") is None


@pytest.mark.parametrize("n", [0, 1, 7])
def test_a_transposed_convolution_foresees_what_the_convolution_back_to_its_input_takes(n):
    upward, back = ops.ConvTranspose(4, 3), ops.Conv(2, 3)
    x = (n, 2, 5, 6)
    assert KERNELS[ops.ConvTranspose].scratch(upward, x) == KERNELS[ops.Conv].scratch(back, upward.shape(x))
