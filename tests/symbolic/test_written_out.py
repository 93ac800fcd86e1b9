"""The case that lecture notes work by hand: a kernel of 2 on an input of 3 by 3, forward and backward."""

import pytest
import sympy as sp
from typer.testing import CliRunner

from cnnmath import ops
from cnnmath.cli import app
from cnnmath.errors import SettingError, ShapeError, UnknownNameError
from cnnmath.symbolic import WrittenOut, derive
from cnnmath.symbolic.notations import Latex

OP, INPUTS = ops.Conv(1, 2, bias=False), ((1, 1, 3, 3),)
x, w, dx, dw, dy, y = (sp.IndexedBase(name, real=True) for name in ("x", "w", "dL/dx", "dL/dw", "dL/dy", "y"))

# From y[i,j] = sum w[a,b] x[i+a,j+b]: x[p,q] takes part in y[p-a,q-b] with the weight w[a,b].
BY_HAND = {
    "x": {
        dx[0, 0]: dy[0, 0] * w[0, 0],
        dx[0, 1]: dy[0, 0] * w[0, 1] + dy[0, 1] * w[0, 0],
        dx[0, 2]: dy[0, 1] * w[0, 1],
        dx[1, 0]: dy[0, 0] * w[1, 0] + dy[1, 0] * w[0, 0],
        dx[1, 1]: dy[0, 0] * w[1, 1] + dy[0, 1] * w[1, 0] + dy[1, 0] * w[0, 1] + dy[1, 1] * w[0, 0],
        dx[1, 2]: dy[0, 1] * w[1, 1] + dy[1, 1] * w[0, 1],
        dx[2, 0]: dy[1, 0] * w[1, 0],
        dx[2, 1]: dy[1, 0] * w[1, 1] + dy[1, 1] * w[1, 0],
        dx[2, 2]: dy[1, 1] * w[1, 1],
    },
    "w": {
        dw[0, 0]: dy[0, 0] * x[0, 0] + dy[0, 1] * x[0, 1] + dy[1, 0] * x[1, 0] + dy[1, 1] * x[1, 1],
        dw[0, 1]: dy[0, 0] * x[0, 1] + dy[0, 1] * x[0, 2] + dy[1, 0] * x[1, 1] + dy[1, 1] * x[1, 2],
        dw[1, 0]: dy[0, 0] * x[1, 0] + dy[0, 1] * x[1, 1] + dy[1, 0] * x[2, 0] + dy[1, 1] * x[2, 1],
        dw[1, 1]: dy[0, 0] * x[1, 1] + dy[0, 1] * x[1, 2] + dy[1, 0] * x[2, 1] + dy[1, 1] * x[2, 2],
    },
}


def written(wrt, op=OP, inputs=INPUTS):
    return WrittenOut(derive(op, wrt), op, inputs)


def differentiated(wrt, op=OP, inputs=INPUTS):
    """A second road: SymPy's own derivative of the loss, from the output written out."""
    forward = written("y", op, inputs).equations()
    loss = sp.Add(*(dy[left.indices] * right for left, right in forward))
    entry = {"x": x, "w": w}[wrt]
    return {left: sp.expand(loss.diff(entry[left.indices])) for left, _ in written(wrt, op, inputs).equations()}


@pytest.mark.parametrize("wrt", BY_HAND)
def test_the_gradients_written_out_are_those_derived_by_hand(wrt):
    assert dict(written(wrt).equations()) == BY_HAND[wrt]


@pytest.mark.parametrize("wrt", BY_HAND)
def test_the_gradients_written_out_are_those_that_sympy_differentiates(wrt):
    assert dict(written(wrt).equations()) == differentiated(wrt)


@pytest.mark.parametrize("wrt", BY_HAND)
@pytest.mark.parametrize(
    "op",
    [
        ops.Conv(1, (2, 3), stride=(2, 1), dilation=(1, 2), padding=((1, 0), (2, 1)), bias=False),
        ops.Conv(1, 2, stride=2, dilation=2, padding=1, bias=False),
    ],
)
def test_sympy_differentiates_strided_dilated_and_padded_windows_to_the_same(op, wrt):
    inputs = ((1, 1, 4, 5),)
    assert dict(written(wrt, op, inputs).equations()) == differentiated(wrt, op, inputs)


@pytest.mark.parametrize("wrt", BY_HAND)
def test_the_command_line_prints_the_formulas_derived_by_hand(wrt):
    run = CliRunner().invoke(app, ["derive", "conv", "--kernel", "2", "--input", "3x3", "--wrt", wrt])
    assert run.exit_code == 0
    rows = [row.strip() for row in run.output.splitlines()[1:]]
    # SymPy prints 'dL/dy[0, 0]' where the notation has 'dL/dy[0,0]'; the terms of a sum may stand in any order.
    by_hand = {
        str(left).replace(" ", ""): {str(term).replace(" ", "") for term in sp.Add.make_args(right)}
        for left, right in BY_HAND[wrt].items()
    }
    assert {left: set(right.split(" + ")) for left, right in (row.split(" = ") for row in rows)} == by_hand


def test_latex_aligns_one_row_an_equation():
    rows = written("x").write(Latex()).splitlines()
    assert (rows[0], rows[-1]) == (r"\begin{align*}", r"\end{align*}")
    assert rows[1] == (r"\frac{\partial L}{\partial x_{0, 0}} &= \frac{\partial L}{\partial y_{0, 0}}\,w_{0, 0} \\")
    assert len(rows) == 9 + 2
    assert [row.endswith(r"\\") for row in rows[1:-1]] == [True] * 8 + [False]


def test_a_tie_of_a_maximum_stays_a_question_in_the_written_out_form():
    op = ops.MaxPool((2,))
    ((left, right), _) = WrittenOut(derive(op), op, ((1, 1, 2),)).equations()
    assert left == dx[0]
    assert right.subs({x[0]: 1, x[1]: 1}) != dy[0] / 2
    assert right.has(dy[0])


def test_more_equations_than_anyone_reads_are_refused_with_their_number():
    with pytest.raises(SettingError) as caught:
        written("x", inputs=((1, 1, 40, 30),)).equations()
    assert "1,200 equations" in str(caught.value)
    assert "at most 1,000" in str(caught.value)


def test_an_input_that_does_not_fit_is_refused():
    with pytest.raises(ShapeError, match="the kernel does not fit the input"):
        written("x", inputs=((1, 1, 1, 3),)).equations()


def test_an_operand_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(UnknownNameError) as caught:
        derive(OP, "b")
    assert str(caught.value) == "conv: there is no operand 'b'.\n  known   w, x, y"
