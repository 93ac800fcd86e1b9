"""Invariance, as far as it goes: within a window of max pooling a spike may move without being noticed.

References
----------
.. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 9.3.
"""

from __future__ import annotations

import sympy as sp

from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, Lazy, Place, values
from cnnmath.symbolic.terms import Bracket, Maximum, Sigma, array, index, size


def pooling_invariance() -> Derivation:
    r"""A spike at j may move s - 1 - (j mod s) places further before max pooling of kernel and stride s notices.

    .. math:: U_j = s - 1 - (j \bmod s)

    So invariance is approximate: of one-step shifts, 1 in s changes the output.

    Examples
    --------
    >>> pooling_invariance().result
    Further steps: U[j] = s - (j mod s) - 1
    """
    j, o, u, k = map(index, "jouk")
    s = size("s")
    z, A, U = map(array, "zAU")
    unseen = Bracket(u + sp.Mod(j, s) < s)
    steps = (
        step(
            "Pooling",
            remark("the spike at {} is a signal of zeros with a single 1.", j),
            z[j, o],
            Maximum(Bracket(sp.Eq(s * o + k, j)), [(k, s)]),
            [(j, 3 * s), (o, 3)],
        ),
        step(
            "One window",
            "windows do not overlap, so one output sees the spike.",
            z[j, o],
            Bracket(sp.Eq(sp.floor(j / s), o)),
            [(j, 3 * s), (o, 3)],
        ),
        step(
            "Unnoticed",
            remark("after {} steps the output is the same where the spike is in the same window.", u),
            A[j, u],
            Bracket(sp.Eq(sp.floor((j + u) / s), sp.floor(j / s))),
            [(j, 2 * s), (u, s + 1)],
        ),
        step("Room", "that is, where it has not left the window.", A[j, u], unseen, [(j, 2 * s), (u, s + 1)]),
        step(
            "One step",
            remark("of the {} places in a window, only the last lies next to another window.", s),
            Sigma(A[j, 1], [(j, s)]),
            s - 1,
        ),
        step(
            "All places",
            remark("over all {} places of a window, {} steps are left on average.", s, (s - 1) / 2),
            Sigma(A[j, u + 1], [(j, s), (u, s)]),
            s * (s - 1) / 2,
        ),
        step(
            "Further steps",
            "so many places are left in the window of the spike.",
            U[j],
            s - 1 - sp.Mod(j, s),
            [(j, 2 * s)],
        ),
    )
    return Derivation(
        "How far a spike may move before max pooling notices",
        (
            remark("the pooling has kernel and stride {}, and {} is its output for a spike at {}", s, z[j, o], j),
            remark("{} is 1 where moving the spike by {} leaves the output as it is, else 0", A[j, u], u),
            remark("{} is the number of steps to the right after which the output is still the same", U[j]),
        ),
        steps,
        tuple(_spikes(stride) for stride in (1, 2, 3, 5)),
    )


def _spikes(s: int) -> Instance:
    """A spike at every place of a few windows, and how long it may go on to the right."""
    length = 6 * s

    def output(j: int) -> list[int]:
        return [max(int(i == j) for i in range(start, start + s)) for start in range(0, length, s)]

    def further(at: Place) -> int:
        steps = 0
        while output(at[0] + steps + 1) == output(at[0]):
            steps += 1
        return steps

    return Instance(
        values(s=s),
        {
            "z": Lazy((4 * s, 6), lambda at: output(at[0])[at[1]]),
            "A": Lazy((2 * s, s + 1), lambda at: int(output(sum(at)) == output(at[0]))),
            "U": Lazy((2 * s,), further),
        },
    )
