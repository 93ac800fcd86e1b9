"""The sizes at which a kernel is judged without being asked for any: all padding is read, all of the batch counts."""

from dataclasses import replace

import pytest

from cnnmath import ops
from cnnmath.numeric import Kernel, kernel
from cnnmath.verify import verify

STRIDED = {"stride": 2, "padding": 1}
SLIDING = [ops.Conv(64, 3, **STRIDED), ops.MaxPool(3, **STRIDED), ops.AveragePool(3, **STRIDED)]


def without_padding_after(op):
    own = kernel(op)

    def forward(given, *arrays):
        return own.forward(replace(given, padding=tuple((before, 0) for before, _ in given.padding)), *arrays)

    return Kernel(forward, own.backward)


@pytest.mark.parametrize("op", SLIDING)
def test_a_kernel_that_drops_the_padding_after_is_seen(op):
    assert verify(kernel(op), op, rungs=[2]).certified
    assert not verify(without_padding_after(op), op, rungs=[2]).certified


def test_a_kernel_that_forgets_the_batch_is_seen():
    op = SLIDING[0]
    own = kernel(op)
    forgetful = Kernel(own.forward, lambda given, dy, x, *rest: own.backward(given, dy[:1], x[:1], *rest))
    assert not verify(forgetful, op, rungs=[2]).certified


def test_a_pooling_that_is_blind_at_most_small_sizes_is_judged_where_it_sees():
    op = ops.MaxPool((2,), stride=2, padding=((1, 2),))
    assert verify(kernel(op), op, rungs=[2]).certified


@pytest.mark.parametrize("wrong", [lambda y: y.astype(str), lambda y: y + 0j, lambda _: [[1.0], [2.0, 3.0]]])
def test_what_is_no_array_of_real_numbers_does_not_agree(wrong):
    op = ops.Conv(3, 3)
    own = kernel(op)
    assert not verify(Kernel(lambda *a: wrong(own.forward(*a)), own.backward), op, rungs=[2]).certified
