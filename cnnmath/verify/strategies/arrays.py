"""The arrays of a setting: its operands and the gradient from above, drawn from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnnmath.errors import SettingError
from cnnmath.ops import operands
from cnnmath.verify.data import draw as draw_array
from cnnmath.verify.data import mode
from cnnmath.verify.strategies.plan import Case

LARGEST_SEED = 2**16 - 1


@st.composite
def inputs(draw: DrawFn, case: Case, dtype: Any = None) -> tuple[dict[str, Any], Any]:
    """The arrays of a setting, by operand in the order of its sentence, and the gradient dy from above.

    Parameters
    ----------
    case
        The setting.
    dtype
        Type of the numbers; by default float64 where the operator stays among integers, else exact fractions.

    Notes
    -----
    The numbers are small integers, many of them equal, times what the operator divides by; labels and masks are what
    they may be: see `cnnmath.verify.data.draw`. They follow from one drawn seed, which shrinks to 0.

    Raises
    ------
    SettingError
        For a type that is no type of real numbers.

    Examples
    --------
    >>> from hypothesis import find
    >>> from cnnmath.ops import Linear
    >>> arrays, dy = find(inputs(Case(Linear(2), ((1, 3),)), "float32"), lambda _: True)
    >>> {name: array.shape for name, array in arrays.items()}, dy.shape, dy.dtype
    ({'x': (1, 3), 'w': (2, 3), 'b': (2,)}, (1, 2), dtype('float32'))
    """
    if dtype is not None and np.dtype(dtype).kind not in "fiO":
        raise SettingError("arrays hold real numbers.", here=f"dtype {dtype!r}", fix='use "float64" or "float32"')
    chosen = dtype or (float if mode(case.op, *case.inputs) == "integers" else object)
    seed = np.random.default_rng(draw(st.integers(0, LARGEST_SEED)))
    arrays = {
        name: draw_array(case.op, name, shape, case.inputs, seed).astype(chosen)
        for name, shape in operands(case.op, *case.inputs).items()
    }
    dy = draw_array(case.op, "dy", case.op.shape(*case.inputs), case.inputs, seed)
    return arrays, dy.astype(chosen)
