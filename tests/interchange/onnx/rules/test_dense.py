"""Products of matrices that are stored or computed, either of them transposed."""

import numpy as np
import pytest

from tests.interchange.onnx.rules.runtime import counting, operators_if_equal

A, B = counting(2, 3), counting(3, 4)


@pytest.mark.parametrize("opset", [7, 9, 11, 13])
@pytest.mark.parametrize(("across", "other"), [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("stored", [True, False])
def test_either_matrix_may_be_transposed_and_the_second_be_stored_or_computed(opset, across, other, stored):
    a, b = (np.ascontiguousarray(m.T if turned else m) for m, turned in ((A, across), (B, other)))
    summand = counting(4)
    given = ({"a": a}, b if stored else {"b": b}, summand)
    found = operators_if_equal("Gemm", opset, *given, transA=across, transB=other, alpha=0.5, beta=2.0)
    kinds = [type(op).__name__ for op in found if type(op).__name__ not in ("Given", "Constant")]
    product = ["Linear"] if stored else [*["Transpose"] * other, "MatMul", "Affine", "Add"]
    assert kinds == ["Transpose"] * across + product


@pytest.mark.parametrize("summand", [None, counting(1), counting(2, 1), counting(1, 4), counting(2, 4)], ids=np.shape)
@pytest.mark.parametrize("stored", [True, False])
def test_a_summand_may_be_left_out_or_broadcast(summand, stored):
    more = () if summand is None else (summand,)
    operators_if_equal("Gemm", 11, {"a": A}, B if stored else {"b": B}, *more, beta=-1.0)


@pytest.mark.parametrize(
    ("a", "b"),
    [((2, 3, 4), (2, 4, 5)), ((2, 1, 3, 4), (2, 2, 4, 5)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 3, 4), (4,))],
)
def test_a_product_is_over_the_last_axes_of_stacks(a, b):
    operators_if_equal("MatMul", 13, {"a": counting(*a)}, {"b": counting(*b)})
