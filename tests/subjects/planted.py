"""Mistakes put into derivations, which must refuse them."""

from dataclasses import replace

import pytest
import sympy as sp

from cnnmath.errors import DerivationError


def named(derivation, name):
    """The step of this name."""
    return next(step for step in derivation.steps if step.name == name)


def refused(derivation, name, right=None, **changes):
    """Expect that a step with another right side, or another relation, stops the derivation, and is named.

    It is put before the others, which hold: so they are not checked again, and still are there to be named instead.
    """
    right = named(derivation, name).right if right is None else sp.sympify(right)
    wrong = [replace(step, right=right, **changes) for step in derivation.steps if step.name == name]
    others = [step for step in derivation.steps if step.name != name]
    with pytest.raises(DerivationError, match="does not hold") as caught:
        replace(derivation, steps=(*wrong, *others))
    assert f"the step '{name.lower()}'" in str(caught.value)
