"""Names on the way: gradients through means, variances and gates, in steps that no mistake gets past."""

from dataclasses import replace

import pytest
import sympy as sp

from cnnmath import ops
from cnnmath.errors import DerivationError
from cnnmath.symbolic import general
from cnnmath.symbolic.notations import Latex, Text
from cnnmath.symbolic.terms import Quantified
from tests.support import each
from tests.symbolic.instances import derived

COMPACT = {
    ops.BatchNorm(training=True): (
        "gamma[c]/(N*L*sqrt(var[c] + 1/100000))*(N*L*dL/dy[n,c,j] - (sum{n'<N, o<L} dL/dy[n',c,o])"
        " - xhat[n,c,j]*sum{n'<N, o<L} dL/dy[n',c,o]*xhat[n',c,o])"
    ),
    ops.InstanceNorm(): (
        "gamma[c]/(L*sqrt(var[n,c] + 1/100000))*(L*dL/dy[n,c,j] - (sum{o<L} dL/dy[n,c,o])"
        " - xhat[n,c,j]*sum{o<L} dL/dy[n,c,o]*xhat[n,c,o])"
    ),
    ops.LayerNorm(): (
        "1/(C*L*sqrt(var[n] + 1/100000))*(C*L*dL/dy[n,c,j]*gamma[c,j] - (sum{c'<C, o<L} dL/dy[n,c',o]*gamma[c',o])"
        " - xhat[n,c,j]*sum{c'<C, o<L} dL/dy[n,c',o]*gamma[c',o]*xhat[n,c',o])"
    ),
    ops.GroupNorm(2): (
        "1/(Cg*L*sqrt(var[n,g] + 1/100000))*(Cg*L*dL/dy[n,g*Cg+c,j]*gamma[g*Cg+c]"
        " - (sum{c'<Cg, o<L} dL/dy[n,g*Cg+c',o]*gamma[g*Cg+c'])"
        " - xhat[n,g*Cg+c,j]*sum{c'<Cg, o<L} dL/dy[n,g*Cg+c',o]*gamma[g*Cg+c']*xhat[n,g*Cg+c',o])"
    ),
    ops.RMSNorm(): (
        "1/(L*sqrt(meansquare[n,c] + 1/100000))*(L*dL/dy[n,c,j]*gamma[j]"
        " - xhat[n,c,j]*sum{o<L} dL/dy[n,c,o]*gamma[o]*xhat[n,c,o])"
    ),
}
"""The gradients by the input as papers have them."""


@pytest.mark.parametrize("op", COMPACT, ids=str)
def test_the_gradient_of_a_normalisation_comes_to_the_compact_form(op):
    derivation = derived(op, "x", rank=1)
    assert derivation.result.name == "Together"
    assert derivation.result.write(Text()).partition(" = ")[2] == COMPACT[op]


def test_the_gradient_goes_back_name_by_name():
    assert [step.name for step in derived(ops.BatchNorm(training=True), "x", rank=1).steps] == [
        "Mean", "Variance", "Normalised input", "Definition",
        "By the normalised input", "By the variance", "Deviations", "By the mean", "By x", "Together",
    ]  # fmt: skip


def test_names_that_an_operand_does_not_lead_to_have_no_gradient():
    assert [step.name for step in derived(ops.BatchNorm(training=True), "gamma", rank=1).steps][4:] == ["By gamma"]
    names = [step.name for step in derived(ops.LSTMCell(2), "c").steps]
    assert names[-3:] == ["By the hidden state", "By the cell state", "By c"]
    assert "By the forget gate" not in names


def test_the_derivative_of_a_gate_is_made_of_the_gate():
    steps = {step.name: step.write(Text()) for step in derived(ops.LSTMCell(2), "x").steps}
    assert "dL/dforget[n,f]*forget[n,f]*w[f+F,c]*(1 - forget[n,f])" in steps["By x"]
    assert "dL/dcandidate[n,f]*w[f+2*F,c]*(1 - candidate[n,f]^2)" in steps["By x"]
    assert steps["By the cell state"] == (
        "dL/dcell[n,f] = dL/dhidden[n,f]*output[n,f]*(1 - tanh(cell[n,f])^2) + dL/dy[n,f+F]"
    )


def test_no_formula_of_a_long_short_term_memory_is_long():
    for wrt in ("x", "h", "c", "w", "u", "b"):
        assert max(len(step.write(Text())) for step in derived(ops.LSTMCell(2), wrt).steps) < 360


def test_the_result_alone_comes_with_what_its_names_are():
    brief = derived(ops.BatchNorm(training=True), "x", rank=1).brief
    assert [step.name for step in brief] == ["Mean", "Variance", "Normalised input", "Together"]
    assert [step.name for step in derived(ops.Linear(2), "x").brief] == ["Collapse"]


def test_a_mean_square_is_written_as_one():
    assert r"\overline{x^2}_{n, c}" in derived(ops.RMSNorm(), "y", rank=1).steps[0].write(Latex())


def spoilt(formula):
    """A formula with one thing wrong: a sign, a term left out, a sum one term short."""
    yield -formula
    for part in dict.fromkeys(sp.preorder_traversal(formula)):
        if isinstance(part, sp.Add):
            yield from (formula.xreplace({part: part - term}) for term in part.args if term.has(sp.Indexed))
        if isinstance(part, Quantified):
            (symbol, extent), *others = part.ranges
            yield formula.xreplace({part: part.func(part.body, [(symbol, extent - 1), *others], part.conditions)})


@pytest.mark.parametrize(
    ("op", "wrt"),
    [(ops.BatchNorm(training=True), "x"), (general(ops.GroupNorm), "x"), (ops.RMSNorm(), "x"), (ops.LSTMCell(2), "w")],
    ids=str,
)
def test_no_mistake_in_a_step_gets_past_the_readers(op, wrt):
    derivation, tried = derived(op, wrt, rank=1), 0
    for step in derivation.steps:
        for wrong in spoilt(step.right) if step.right != 0 else [sp.S.One]:
            tried += 1
            with pytest.raises(DerivationError):
                replace(derivation, steps=(replace(step, right=wrong),))
    assert tried > len(derivation.steps)


@each([ops.Softmax, ops.CrossEntropy, ops.BatchNorm])
def test_what_has_no_name_that_is_kept_is_written_out(kind):
    assert derived(kind(), "x", rank=1).steps[0].name == "Definition"
