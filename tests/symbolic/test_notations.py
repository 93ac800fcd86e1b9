"""Text, LaTeX and MathML of every operator's derivations: well formed, and meaning the same."""

import re
import xml.etree.ElementTree as ET
from html import escape
from html.parser import HTMLParser

import pytest
import sympy as sp

from cnnmath import ops
from cnnmath.readers import Tensor
from cnnmath.symbolic import derive, general, targets
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.notations import Latex, MathML, Text
from cnnmath.symbolic.terms import Bracket, Maximum, Partial, Pi, Sigma, array, entry_at, index
from cnnmath.symbolic.typeset import typeset
from tests.support import every_operator
from tests.symbolic.instances import derivations, derived, small

GENERAL = [general(kind, rank) for kind in (ops.Conv, ops.MaxPool, ops.AveragePool) for rank in (1, 2)]
ARGUMENTS = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3, "mroot": 2}
ESCAPED = re.compile(r"\\[{}]")


def misshapen(mathml):
    """Elements of MathML that have another number of children than their kind takes."""
    tree = ET.fromstring(f"<math>{mathml}</math>")
    return [e.tag for e in tree.iter() if len(e) != ARGUMENTS.get(e.tag, len(e))]


def unbalanced(latex):
    """What opens in LaTeX and does not close, or the other way about."""
    depth, plain = 0, ESCAPED.sub("", latex)
    for sign in plain:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return "brace"
    begins, ends = (sorted(re.findall(rf"\\{word}{{(\w+\*?)}}", latex)) for word in ("begin", "end"))
    fences = [len(re.findall(rf"\\{side}(?![a-z])", latex)) for side in ("left", "right")]
    return "brace" if depth else "environment" if begins != ends else "fence" if fences[0] != fences[1] else ""


def test_a_sign_is_a_function_in_every_notation():
    sign = sp.sign(array("x")[index("k")])
    assert typeset(sign, Text()) == "sign(x[k])"
    assert typeset(sign, Latex()) == r"\operatorname{sign}\left(x_{k}\right)"
    assert misshapen(typeset(sign, MathML())) == []
    assert [evaluate(sign, {index("k"): k, "x": {(0,): -7, (1,): 0, (2,): 3}}) for k in range(3)] == [-1, 0, 1]


def all_steps(made):
    return [step for derivation in made for step in derivation.steps]


@every_operator
def test_every_step_is_well_formed_in_every_notation(kind):
    for step in all_steps(derivations(small(kind))):
        assert misshapen(step.write(MathML())) == []
        assert unbalanced(step.write(Latex())) == ""
        text = step.write(Text())
        assert all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))


@pytest.mark.parametrize("op", GENERAL, ids=lambda op: f"{type(op).__name__}-{len(op.kernel)}")
def test_symbolic_windows_are_well_formed_in_every_notation(op):
    rank = len(op.kernel)
    for step in all_steps([derived(op, wrt, rank=rank) for wrt in targets(op, rank=rank)]):
        assert misshapen(step.write(MathML())) == []
        assert unbalanced(step.write(Latex())) == ""


def test_what_is_not_well_formed_is_seen():
    assert misshapen("<msub><mi>x</mi></msub>") == ["msub"]
    with pytest.raises(ET.ParseError):
        misshapen("<mi>x</mo>")
    assert unbalanced(r"\frac{1}{2") == unbalanced(r"}{") == "brace"
    assert unbalanced(r"\left( x") == "fence"
    assert unbalanced(r"\begin{cases} x") == "environment"


@every_operator
def test_a_notebook_shows_the_whole_derivation(kind):
    for derivation in derivations(small(kind)):
        assert derivation._repr_latex_().startswith(r"\begin{align*}")
        assert len(re.findall(r"\\\\\n(?!&)", derivation._repr_latex_())) == len(derivation.steps) - 1
        assert derivation.latex().count(r"\begin{align*}") == len(derivation.steps)
        assert unbalanced(derivation.latex()) == ""
        html = derivation._repr_html_()
        assert escape(derivation.title) in html
        assert ET.fromstring(f"<div>{html}</div>").findall(".//li/div/math")
        assert repr(derivation) == derivation.text()


def test_the_result_alone_is_shorter_than_the_derivation():
    derivation = derive(ops.Conv(1, 2))
    assert derivation.text().endswith(derivation.result.write(Text()))
    assert derivation.result.write(Text()) in derivation.text(full=False)
    assert "Jacobian" in derivation.text()
    assert "Jacobian" not in derivation.text(full=False)
    assert derivation.latex(full=False).count("&=") == 1


def test_the_html_of_a_derivation_is_lists_and_mathematics_alone():
    seen = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, _: seen.append(tag)
    reader.feed(derive(ops.MaxPool((2,), stride=1), rank=1).html())
    assert set(seen) <= {"h4", "ul", "p", "div", "ol", "li", "b", "math", *MATHML}


MATHML = {
    "mi",
    "mn",
    "mo",
    "mrow",
    "mspace",
    "msub",
    "msup",
    "msubsup",
    "mfrac",
    "munder",
    "munderover",
    "mtable",
    "mtr",
    "mtd",
    "mtext",
    "msqrt",
}
x, i, o = array("x"), index("i"), index("o")


@pytest.mark.parametrize(
    ("expr", "text", "latex"),
    [
        (2 * o + i - 1, "2*o + i - 1", r"2\,o + i - 1"),
        ((x[i] + 1) * x[o], "x[o]*(x[i] + 1)", None),
        ((x[i] + 1) ** 2, "(x[i] + 1)^2", None),
        (x[i] / (x[o] + 1), "x[i]/(x[o] + 1)", None),
        (-x[i], "-x[i]", "-x_{i}"),
        (Sigma(x[i] + 1, [(i, 3)]), "sum{i<3} (x[i] + 1)", r"\sum_{i=0}^{2} \left(x_{i} + 1\right)"),
        (2 - Sigma(x[i], [(i, 3)]), "2 - (sum{i<3} x[i])", None),
        (Sigma(x[i], [(i, 3)]) * x[o] + 1, "1 + x[o]*sum{i<3} x[i]", None),
        (Maximum(x[i], [(i, 3)]) + 1, "max{i<3} x[i] + 1", None),
        (Sigma(x[i], [(i, 3)], [o - i >= 0]), "sum{i<3 | o - i >= 0} x[i]", None),
        (Sigma(x[i], [(i, 3)]) ** 2, "(sum{i<3} x[i])^2", None),
        (x[o] - Sigma(x[i], [], [sp.Eq(i, o)]), "x[o] - [i = o]*x[i]", None),
        (x[o] - Sigma(x[i] + 1, [], [sp.Eq(i, o)]), "x[o] - [i = o]*(x[i] + 1)", None),
        (Bracket(sp.Ne(x[i], -1)), "[x[i] != -1]", r"\left[ x_{i} \ne -1 \right]"),
        (entry_at("y", ()), "y", "y"),
        (entry_at("dL/dy", ()) * x[i], "dL/dy*x[i]", r"\frac{\partial L}{\partial y}\,x_{i}"),
        (Partial(entry_at("y", ()), x[i]), "dy/dx[i]", r"\frac{\partial y}{\partial x_{i}}"),
        (array("weights")[array("t")[i]], "weights[t[i]]", "w_{t_{i}}"),
        (
            sp.MatMul(sp.Matrix([x[1], x[0]]), sp.Matrix([[2, 1]]), evaluate=False),
            "[[x[1]], [x[0]]]*[[2, 1]]",
            None,
        ),
    ],
)
def test_parentheses_stand_where_a_reader_would_mistake_the_formula(expr, text, latex):
    assert typeset(expr, Text()) == text
    assert latex is None or typeset(expr, Latex()) == latex


def test_products_of_matrices_keep_their_order():
    """Letters, a transpose, and a product entry by entry."""
    a, b, one = sp.MatrixSymbol("A", 3, 2), sp.MatrixSymbol("B", 3, 2), sp.ImmutableMatrix(sp.eye(2))
    entrywise = sp.HadamardProduct(sp.MatMul(sp.Transpose(b), a, evaluate=False), one, evaluate=False)
    formula = sp.MatMul(b, entrywise, evaluate=False)
    assert typeset(formula, Text()) == "B*((B^T*A) .* [[1, 0], [0, 1]])"
    assert r"{B}^{T}\,A" in typeset(formula, Latex())
    assert r"\odot" in typeset(formula, Latex())
    assert misshapen(typeset(formula, MathML())) == []
    arrays = {"B": Tensor((3, 2), [1, 2, 3, 4, 5, 6]), "A": Tensor((3, 2), [1, 0, 0, 1, 1, 1])}
    assert evaluate(formula, arrays) == ((6, 20), (18, 40), (30, 60))


def test_an_array_of_one_axis_is_a_column():
    assert evaluate(sp.MatrixSymbol("g", 2, 1), {"g": Tensor((2,), [5, 7])}) == ((5,), (7,))


def test_a_condition_of_a_product_stands_below_its_sign_and_is_no_factor():
    """As a bracket behind the factors it would make the whole product 0 where it fails."""
    some, every = Pi(x[i], [(i, 3)], [i > o]), Pi(x[i], [(i, 3)])
    assert typeset(some, Text()) == "prod{i<3 | o < i} x[i]"
    assert typeset(some, Latex()) == r"\prod_{\substack{i < 3\\ o < i}} x_{i}"
    assert typeset(every, Latex()) == r"\prod_{i=0}^{2} x_{i}"
    assert typeset(some, MathML()).startswith("<mrow><munder><mo>∏</mo>")
    assert not misshapen(typeset(some, MathML()))


def test_an_array_called_a_letters_hat_wears_it():
    hat = array("xhat")[i]
    assert (typeset(hat, Text()), typeset(hat, Latex())) == ("xhat[i]", r"\hat{x}_{i}")
    assert "<mover><mi>x</mi><mo>^</mo></mover>" in typeset(hat, MathML())
    assert not misshapen(typeset(array("dL/dxhat")[i], MathML()))
