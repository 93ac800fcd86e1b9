"""Derivations as JSON: what is read is what was written, and it is checked again."""

import json
import pickle

import pytest
import sympy as sp

from cnnmath import ops
from cnnmath.errors import DerivationError, NotationError
from cnnmath.symbolic import derive, from_record, general, record
from cnnmath.symbolic.record import read_tree, tree
from cnnmath.symbolic.terms import Bracket, array, entry_at, index
from tests.support import every_operator
from tests.symbolic.instances import derivations, small


@every_operator
def test_what_is_read_is_what_was_written(kind):
    for derivation in derivations(small(kind)):
        again = from_record(json.loads(json.dumps(record(derivation))))
        assert again == derivation
        assert again.text() == derivation.text()
        assert len(again.instances) == len(derivation.instances)


def test_a_symbolic_window_survives_the_journey():
    derivation = derive(general(ops.Conv, 1), "x", rank=1)
    assert from_record(json.loads(json.dumps(record(derivation)))) == derivation


def test_derivations_are_equal_where_they_say_the_same():
    op = ops.Conv(1, (3,), stride=2)
    assert derive(op) == derive(ops.Conv(5, (3,), stride=2)), "widths are letters"
    assert derive(op) != derive(ops.Conv(1, (3,), stride=3))
    assert derive(op, "x") != derive(op, "w")


def test_a_pickled_derivation_is_the_same():
    derivation = from_record(record(derive(ops.Conv(1, (2,)), "w")))
    assert pickle.loads(pickle.dumps(derivation)) == derivation


def written():
    return json.loads(json.dumps(record(derive(ops.Conv(1, (2,), stride=2), "x"))))


def test_a_file_with_another_formula_is_refused_by_the_step():
    values = written()
    values["steps"][3]["right"] = ["Mul", 2, values["steps"][3]["right"]]
    with pytest.raises(DerivationError, match="the step 'collapse' does not hold"):
        from_record(values)


def test_a_file_without_instances_has_checked_nothing():
    with pytest.raises(DerivationError, match="without any instance"):
        from_record({**written(), "instances": []})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: None, "this is no record of a derivation"),
        (lambda _: [], "this is no record of a derivation"),
        (lambda v: {**v, "format": "other"}, "this is no record of a derivation"),
        (lambda v: {k: v[k] for k in v if k != "steps"}, "is damaged"),
        (lambda v: {**v, "assumptions": [{"text": "{} {}", "formulas": []}]}, "is damaged"),
        (lambda v: {**v, "steps": [{**v["steps"][0], "left": ["__import__", 1]}]}, "unknown head"),
        (lambda v: {**v, "steps": [{**v["steps"][0], "left": ["Symbol", "x", "odd"]}]}, "is damaged"),
        (lambda v: {**v, "steps": [{**v["steps"][0], "left": "os.system"}]}, "unknown head"),
        (lambda v: {**v, "steps": [{**v["steps"][0], "left": None}]}, "is damaged"),
        (
            lambda v: {**v, "steps": [{**v["steps"][0], "left": ["Pow", 3, ["Pow", 10, 8]]}]},
            "is a power itself",
        ),
        (lambda v: {**v, "steps": [{**v["steps"][0], "left": ["Pow", 3, 10**8]}]}, "a power of the record is too high"),
        (lambda v: {**v, "steps": [{**v["steps"][0], "left": deep(2000)}]}, "is damaged"),
        (lambda v: {**v, "title": 7}, "this is no record of a derivation"),
    ],
)
def test_what_is_no_record_is_refused(change, message):
    with pytest.raises(NotationError, match=message):
        from_record(change(written()))


def deep(levels):
    nested = 1
    for _ in range(levels):
        nested = ["Abs", nested]
    return nested


def test_a_sum_whose_length_depends_on_another_is_counted_too():
    values = written()
    inner = [
        "Sigma",
        1,
        ["Tuple", ["Tuple", ["Symbol", "i", "index"], ["Mul", 10**9, ["Symbol", "k", "index"]]]],
        ["Tuple"],
    ]
    values["steps"][0]["right"] = ["Sigma", inner, ["Tuple", ["Tuple", ["Symbol", "k", "index"], 3]], ["Tuple"]]
    with pytest.raises(NotationError, match="too long to check"):
        from_record(values)


def test_a_formula_that_would_take_hours_is_refused_before_it_is_evaluated():
    values = written()
    endless = ["Sigma", 1, ["Tuple", ["Tuple", ["Symbol", "k", "index"], 10**12]], ["Tuple"]]
    values["steps"][0]["right"] = endless
    with pytest.raises(NotationError, match="too long to check"):
        from_record(values)


@pytest.mark.parametrize(
    "formula",
    [
        sp.Rational(-3, 7),
        -sp.oo,
        sp.true,
        sp.ImmutableMatrix([[1, index("k")], [array("x")[0], sp.Rational(1, 2)]]),
        sp.Piecewise((array("x")[0], array("x")[0] > 0), (0, True)),
        sp.Eq(index("i"), index("j") + 1, evaluate=False),
        entry_at("dL/dy", ()) * array("x")[array("t")[index("n")]],
        Bracket(sp.Ne(array("t")[index("n")], -100)),
    ],
    ids=str,
)
def test_trees_of_formulas_are_read_back(formula):
    assert read_tree(json.loads(json.dumps(tree(formula)))) == formula


def test_a_part_without_a_record_is_named():
    with pytest.raises(TypeError, match="no record of sin"):
        tree(sp.sin(sp.Symbol("x")))
