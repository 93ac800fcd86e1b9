"""The space of an operator's settings, as strategies of hypothesis for tests of one's own.

`cases` draws settings of an operator that fit their inputs, `inputs` the arrays of one, `architectures` whole networks.
Nothing is generated and then filtered out, and every failure shrinks to a smallest setting. `classes` says into which
classes the settings fall, and `covering` lists few settings in which every two classes meet that can: try these first.

Examples
--------
A test of a kernel of one's own, as pytest collects it:

>>> import numpy as np
>>> from hypothesis import given, settings, strategies as st
>>> from cnnmath import numeric, ops
>>> from cnnmath.verify.strategies import cases, covering, inputs

>>> @settings(max_examples=20, database=None, derandomize=True)
... @given(cases(ops.Linear).flatmap(lambda case: st.tuples(st.just(case), inputs(case))))
... def test_my_linear_layer(drawn):
...     case, (arrays, dy) = drawn
...     y = np.einsum("nc,fc->nf", arrays["x"], arrays["w"])
...     y = y + arrays["b"] if case.op.bias else y
...     x = arrays.pop("x")
...     assert np.array_equal(y, numeric.forward(case.op, x, **arrays))
>>> test_my_linear_layer()

Settings to begin with, the same every time:

>>> len(covering(ops.Conv)) < 30
True
"""

from cnnmath.verify.strategies.arrays import inputs
from cnnmath.verify.strategies.axes import windows
from cnnmath.verify.strategies.cases import cases, planned
from cnnmath.verify.strategies.classes import classes, classify
from cnnmath.verify.strategies.networks import architectures, fitting
from cnnmath.verify.strategies.pairs import covering, plans
from cnnmath.verify.strategies.plan import Case, Plan
from cnnmath.verify.strategies.rules import possible

__all__ = [
    "Case",
    "Plan",
    "architectures",
    "cases",
    "classes",
    "classify",
    "covering",
    "fitting",
    "inputs",
    "planned",
    "plans",
    "possible",
    "windows",
]
