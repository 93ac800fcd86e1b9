"""Reductions over windows, axis after axis: what the definition gives, in any layout, over any blocks."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.numeric import sliding
from cnnmath.numeric.sliding import reduce_windows
from cnnmath.window import Window


def by_definition(windows, x, combine, start):
    outputs = [w.placements(n) for w, n in zip(windows, x.shape[2:], strict=True)]
    y = np.full((*x.shape[:2], *outputs), start, x.dtype)
    for o in product(*map(range, outputs)):
        for k in product(*(range(w.kernel) for w in windows)):
            at = [w.tap(*pair) for w, *pair in zip(windows, o, k, strict=True)]
            if all(0 <= i < n for i, n in zip(at, x.shape[2:], strict=True)):
                y[(..., *o)] = combine(y[(..., *o)], x[(..., *at)])
    return y


@pytest.mark.parametrize(("combine", "start"), [(np.maximum, -100), (np.add, 0)])
@given(data=st.data(), last=st.booleans(), numbers=st.sampled_from([1, 7, 2**17]))
def test_it_is_the_definition(combine, start, data, last, numbers):
    small = st.integers(1, 3)
    windows = [
        Window(*(data.draw(small) for _ in range(3)), data.draw(st.integers(0, 4)), data.draw(st.integers(0, 4)))
        for _ in range(data.draw(st.integers(1, 2)))
    ]
    lengths = [data.draw(st.integers(max(1, w.extent - w.before - w.after), 9)) for w in windows]
    rng = np.random.default_rng(0)
    x = rng.integers(-9, 9, (2, 3, *lengths))
    if last:
        x = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sliding, "NUMBERS", numbers)
        patch.setattr(sliding, "SMALL", 0)
        found = reduce_windows(windows, x, combine, start)
    assert np.array_equal(found, by_definition(windows, x, combine, start))
