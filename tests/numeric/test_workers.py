"""Work is shared out: every task once, errors out, the BLAS as it was, buffers kept and bounded."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from cnnmath import numeric, ops
from cnnmath.numeric import using
from cnnmath.numeric.workers import Scratch, pieces, run

MEGABYTE = 2**20
several = pytest.mark.parametrize("threads", [1, 2, 3, 7])


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@several
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_every_task_is_done_once(threads, count):
    done = []
    run(range(count), done.append, threads)
    assert sorted(done) == list(range(count))


@several
def test_an_error_comes_out_and_no_other_task_begins(threads):
    begun = []

    def work(i):
        begun.append(i)
        if len(begun) > threads:
            raise ZeroDivisionError(i)

    with pytest.raises(ZeroDivisionError):
        run(range(1000), work, threads)
    assert len(begun) <= 2 * threads + 1


def test_an_error_of_a_helper_ends_the_work_of_the_calling_thread():
    here, failed, done = threading.get_ident(), Event(), []

    def work(i):
        if threading.get_ident() != here:
            failed.set()
            raise ZeroDivisionError
        failed.wait(10)
        done.append(i)

    with pytest.raises(ZeroDivisionError):
        run(range(10_000), work, threads=2)
    assert len(done) < 10_000


@several
def test_ctrl_c_in_the_calling_thread_comes_out(threads):
    here, begun = threading.get_ident(), Event()

    def work(_):
        if threading.get_ident() == here:
            begun.set()
            raise KeyboardInterrupt
        begun.wait(10)

    with pytest.raises(KeyboardInterrupt):
        run(range(1000), work, threads)
    done = []
    run(range(10), done.append, threads)  # and the helpers are there still
    assert sorted(done) == list(range(10))


@several
def test_the_blas_has_one_thread_inside_and_its_own_number_afterwards(threads):
    with threadpool_limits(limits=2, user_api="blas"):
        seen, before = [], blas_threads()
        run(range(3), lambda _: seen.append(blas_threads()), threads)
        assert all(number == 1 for numbers in seen for number in numbers)
        with pytest.raises(ZeroDivisionError):
            run([0], lambda i: 1 / i, threads)
        assert blas_threads() == before


def test_callers_at_once_leave_the_blas_as_they_found_it():
    with threadpool_limits(limits=2, user_api="blas"):
        before, together = blas_threads(), Barrier(4, timeout=10)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: run([0], lambda _: together.wait(), threads=1), range(4)))
        assert blas_threads() == before


def test_the_last_one_out_restores_it_though_another_came_first_and_lives_on():
    with threadpool_limits(limits=2, user_api="blas"):
        before, both, gone, seen = blas_threads(), Barrier(2, timeout=10), Event(), []

        def first(_):
            both.wait()

        def last(_):
            both.wait()
            gone.wait(10)
            seen.extend(blas_threads())

        with ThreadPoolExecutor(2) as pool:
            begun = pool.submit(run, [0], first, 1)
            other = pool.submit(run, [0], last, 1)
            begun.result()
            gone.set()
            other.result()
            assert blas_threads() == before
        assert set(seen) == {1}


def test_a_limit_of_one_thread_does_not_hinder_the_callers_in_another():
    with threadpool_limits(limits=2, user_api="blas"), ThreadPoolExecutor(1) as pool:
        before, seen = blas_threads(), []
        pool.submit(run, [0], lambda _: seen.extend(blas_threads()), 1).result()
        assert set(seen) == {1}
        assert blas_threads() == before
    with threadpool_limits(limits=1, user_api="blas"):
        assert set(blas_threads()) == {1}


def test_helpers_work_in_the_context_of_the_caller():
    here, elsewhere = threading.get_ident(), []

    def work(_):
        if threading.get_ident() == here:
            return helped.wait(10)
        elsewhere.append((np.geterr()["over"], numeric.current().scratch))
        return helped.set()

    helped = Event()
    with np.errstate(over="raise"), using(scratch=3 * MEGABYTE):
        run(range(2), work, threads=2)
    assert elsewhere == [("raise", 3 * MEGABYTE)]


FORKS = """
import os, signal
from cnnmath.numeric.workers import run
run(range(2), lambda _: None, threads=2)
child = os.fork()
if child == 0:
    signal.alarm(20)
    run(range(4), lambda _: None, threads=2)
    os._exit(17)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_forked_process_has_helpers_of_its_own():
    alone = [sys.executable, "-c", FORKS]  # other libraries that the tests load have a say when a process is forked
    ended = subprocess.run(alone, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 17, ended.stderr


def test_convolutions_called_from_several_threads_do_not_meet():
    op, rng = ops.Conv(16, 3, padding=1, bias=False), np.random.default_rng(3)
    x, w = rng.random((8, 1, 8, 40, 40)), rng.random((16, 8, 3, 3))
    alone = [numeric.forward(op, each, w=w) for each in x]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda each: numeric.forward(op, each, w=w), x))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_scratch_keeps_its_buffers_and_lets_them_grow():
    scratch = Scratch()
    first = scratch("a", (4, 5), np.float64)
    first[...] = 7
    assert (scratch("a", (2, 5), np.float64) == 7).all()
    assert not np.shares_memory(first, scratch("b", (4, 5), np.float64))
    assert np.shares_memory(first, scratch("a", (8, 5), np.float32))
    larger = scratch("a", (5, 5), np.float64)
    assert larger.shape == (5, 5)
    assert not np.shares_memory(first, larger)
    scratch.clear()
    assert not np.shares_memory(larger, scratch("a", (5, 5), np.float64))


def test_each_thread_has_buffers_of_its_own():
    scratch = Scratch()
    mine = scratch("a", (4,), np.float64)
    with ThreadPoolExecutor(1) as pool:
        assert not np.shares_memory(mine, pool.submit(scratch, "a", (4,), np.float64).result())


def test_objects_are_not_kept():
    scratch = Scratch()
    assert scratch("a", (2, 3), object).dtype == object
    assert not np.shares_memory(scratch("a", (2,), object), scratch("a", (2,), object))


def test_buffers_asked_for_longest_ago_are_given_back_where_all_come_to_more_than_the_scratch_memory():
    scratch = Scratch()
    with using(scratch=MEGABYTE):
        old, kept = (scratch(name, (400_000,), np.uint8) for name in ("old", "kept"))
        assert np.shares_memory(old, scratch("old", (1,), np.uint8))
        assert np.shares_memory(kept, scratch("kept", (1,), np.uint8))
        scratch("new", (400_000,), np.uint8)
        assert np.shares_memory(kept, scratch("kept", (1,), np.uint8))
        assert not np.shares_memory(old, scratch("old", (1,), np.uint8))


@given(st.integers(0, 200), st.integers(-1, 50))
def test_pieces_cover_a_length_in_order_and_differ_by_one_at_most(length, most):
    cut = pieces(length, most)
    assert [i for piece in cut for i in range(length)[piece]] == list(range(length))
    sizes = [piece.stop - piece.start for piece in cut]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= max(1, most)
    assert len(cut) == max(1, -(-length // max(1, most)))
