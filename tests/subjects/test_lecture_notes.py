"""Worked examples of the lecture notes that the project started from, by the derived formulas alone.

SOURCE: the numbers are those of the notes 000_6f7432c0e4157775 (signals), 001_cf3af711df390d32 (edges, strides),
002_b9cf554f513482e5 (forward and backward by hand) and 003_365e50bd6046641a (windows, the weight matrix).
"""

import pytest
import sympy as sp

from cnnmath import ops
from cnnmath.readers import Tensor
from cnnmath.subjects import derive
from cnnmath.symbolic import WrittenOut
from cnnmath.symbolic.binding import bind
from cnnmath.symbolic.evaluate import compiled, positions

VERTICAL, HORIZONTAL = [[1, 0, -1]] * 3, [[1] * 3, [0] * 3, [-1] * 3]
HALF_LIGHT = [[10, 10, 10, 0, 0, 0]] * 6
STRIDED = [
    [3, 0, 1, 2, 2, 7, 4], [1, 5, 8, 9, 9, 3, 1], [2, 7, 2, 5, 5, 1, 3], [0, 1, 3, 1, 1, 7, 8],
    [4, 2, 1, 6, 6, 2, 8], [2, 4, 5, 2, 2, 3, 9], [1, 3, 4, 5, 7, 8, 3],
]  # fmt: skip
PADDED = [
    [4, 9, 2, 5, 8, 3], [5, 6, 2, 4, 0, 3], [2, 4, 5, 4, 5, 2], [5, 6, 5, 4, 7, 8], [5, 7, 7, 9, 2, 1],
    [5, 8, 5, 3, 8, 4],
]  # fmt: skip


def tensor(rows):
    return Tensor((1, 1, len(rows), len(rows[0])), [sp.Integer(v) for row in rows for v in row])


def convolved(image, kernel, **settings):
    """Rows of the output, by the derived formula of the forward pass."""
    op = ops.Conv(1, (len(kernel), len(kernel[0])), bias=False, **settings)
    derivation = derive(op, "y")
    x, w = tensor(image), tensor(kernel)
    target = derivation.target
    env = bind(target.op, target.inputs, target.definitions, op, (x.shape,)) | {"x": x, "w": w}
    value = compiled(derivation.result.right)
    found = {at: int(value(here)) for at, here in positions(target.entry, env)}
    *_, height, width = op.shape(x.shape)
    return [[found[0, 0, i, j] for j in range(width)] for i in range(height)]


def test_a_vertical_and_a_horizontal_edge_are_found():
    assert convolved(HALF_LIGHT, VERTICAL) == [[0, 30, 30, 0]] * 4
    assert convolved([list(column) for column in zip(*HALF_LIGHT, strict=True)], HORIZONTAL) == [
        [0] * 4, [30] * 4, [30] * 4, [0] * 4,
    ]  # fmt: skip


def test_the_strided_example_begins_with_the_printed_outputs():
    found = convolved(STRIDED, [[0, 0, 0], [1, 0, 2], [-1, 0, 1]], stride=2)
    assert found[0] == [17, 29, 9]
    assert len(found) == len(found[0]) == 3


def test_the_plain_and_the_padded_example_begin_with_the_printed_outputs():
    assert convolved(PADDED, VERTICAL)[0][:2] == [2, 6]
    assert convolved(PADDED, VERTICAL, stride=2, padding=1)[0][0] == -15


def test_the_edge_kernel_answers_nothing_where_nothing_changes_and_the_sharpening_one_keeps_it():
    even = [[7] * 5] * 5
    assert convolved(even, [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]) == [[0] * 3] * 3
    assert convolved(even, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]) == [[7] * 3] * 3


def test_the_strong_response_of_a_curve_filter():
    """Four products of 50 by 30 and one of 20 by 30."""
    curve, image = [[0] * 7 for _ in range(7)], [[0] * 7 for _ in range(7)]
    for (i, j), v in {(0, 5): 30, (1, 4): 30, **{(i, 3): 30 for i in range(2, 6)}}.items():
        curve[i][j] = v
    for (i, j), v in {(0, 6): 30, (1, 4): 50, (1, 5): 50, (1, 6): 50, (2, 3): 20, (2, 4): 50}.items():
        image[i][j] = v
    for i in range(3, 7):
        image[i][3], image[i][4] = 50, 50
    assert convolved(image, curve) == [[50 * 30 * 4 + 20 * 30]]


@pytest.mark.parametrize(
    ("entry", "terms"),
    [
        # numbered from 1 in the notes: dx_23 is dx[1, 2]; one line of the notes prints f_11 for f_12 here
        ((1, 2), {((0, 1), (1, 1)), ((1, 1), (0, 1))}),
        ((0, 0), {((0, 0), (0, 0))}),
        ((1, 1), {((0, 0), (1, 1)), ((0, 1), (1, 0)), ((1, 0), (0, 1)), ((1, 1), (0, 0))}),
        ((2, 1), {((1, 0), (1, 1)), ((1, 1), (1, 0))}),
    ],
)
def test_the_backward_formulas_of_the_notes_come_out_and_their_slip_does_not(entry, terms):
    op = ops.Conv(1, 2, bias=False)
    w, dy = (sp.IndexedBase(name, real=True) for name in ("w", "dL/dy"))
    written = dict(WrittenOut(derive(op, "x"), op, ((1, 1, 3, 3),)).equations())
    found = written[sp.IndexedBase("dL/dx", real=True)[entry]]
    assert found == sp.Add(*(dy[above] * w[tap] for above, tap in terms))
    assert entry != (1, 2) or found != dy[0, 1] * w[1, 1] + dy[1, 1] * w[0, 0]
