"""What a convolution costs by its sum and by fast Fourier transforms.

References
----------
.. [1] J. W. Cooley and J. W. Tukey, "An algorithm for the machine calculation of complex Fourier series", Mathematics
   of Computation 19 (1965), 297-301.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, Lazy, values
from cnnmath.symbolic.terms import array, index, size

MOST = 2**20
"""Longest signal and kernel: their products are counted one by one, not put down to the formula."""


def fft_cost(n: int = 1024, k: int = 128) -> Derivation:
    r"""Products of a convolution: n*k by its sum, 3 N log2 N by transforms of the least power of two that is enough.

    .. math:: n k \quad\text{against}\quad 3 N \log_2 N = 3 e\, 2^e, \qquad 2^{e-1} < n + k - 1 \le 2^e = N

    Parameters
    ----------
    n, k
        Lengths of the signal and of the kernel.

    Raises
    ------
    SettingError
        For a length below 1, or beyond a million.

    Examples
    --------
    >>> print(fft_cost(1024, 64).text(full=False))
    Convolution of 1024 with 64 numbers, by its sum and by transforms
      n = 1024, k = 64 and e = 11
      D is the number of products of the sum
      f[i] is the number of products of a fast transform of length 2^i
      a product of complex numbers counts as one; the 2^e products of the two transforms are left out.
         n*k < 3*e*2^e
    >>> fft_cost(1024, 128).result
    Comparison: n*k >= 3*e*2^e
    """
    _check(n=n, k=k)
    i, e, f = index("i"), index("e"), array("f")
    signal, kernel, products = size("n"), size("k"), size("D")
    least = (n + k - 2).bit_length()
    transforms = 3 * least * 2**least
    pays = n * k >= transforms
    verdict = "the transforms need no more" if pays else "the sum needs fewer"
    steps = (
        step("Direct", "every number of the signal meets every number of the kernel once.", products, signal * kernel),
        step(
            "Halving",
            "a transform is two of half the length, of the even and the odd places, joined with a product an entry.",
            f[i + 1],
            2 * f[i] + 2 ** (i + 1),
            [(i, 9)],
        ),
        step("Levels", remark("it halves {} times, at a cost of {} each time.", i, 2**i), f[i], i * 2**i, [(i, 10)]),
        step(
            "Long enough",
            "the circle must hold all of the linear convolution.",
            signal + kernel - 1,
            2**e,
            relation="<=",
        ),
        step(
            "Least power of two", "half of that would not be enough.", 2 ** (e - 1), signal + kernel - 1, relation="<"
        ),
        step(
            "Three transforms", "transform the signal and the kernel, and their product back.", 3 * f[e], 3 * e * 2**e
        ),
        step(
            "Comparison",
            remark(f"{n * k} against {transforms} products: {verdict}."),
            signal * kernel,
            3 * e * 2**e,
            relation=">=" if pays else "<",
        ),
    )
    numbers = (signal, sp.Integer(n)), (kernel, sp.Integer(k)), (e, sp.Integer(least))
    return Derivation(
        f"Convolution of {n} with {k} numbers, by its sum and by transforms",
        (
            remark("{}, {} and {}", *(sp.Eq(*pair, evaluate=False) for pair in numbers)),
            remark("{} is the number of products of the sum", products),
            remark("{} is the number of products of a fast transform of length {}", f[i], 2**i),
        ),
        steps,
        (_counted(n, k, least),),
        (
            remark(
                "a product of complex numbers counts as one; the {} products of the two transforms are left out.",
                2**e,
            ),
        ),
    )


def _check(**lengths: int) -> None:
    for name, length in lengths.items():
        if type(length) is not int or not 1 <= length <= MOST:
            raise SettingError(
                "a length is a whole number, from 1 to about a million.",
                here=f"{name} = {length}",
                rule=f"1 <= {name} <= {MOST:,}",
                fix="the formulas are the same for any: use smaller numbers",
            )


def _counted(n: int, k: int, e: int) -> Instance:
    """Products that are counted where they are made."""
    products = sum(n for _ in range(k))
    sizes = values(n=n, k=k, D=products)
    return Instance({**sizes, index("e"): e}, {"f": Lazy((max(e, 9) + 1,), lambda at: operations(2 ** at[0]))})


@cache
def operations(length: int) -> int:
    """Products of a fast transform whose length is a power of two, counted as it calls itself.

    Examples
    --------
    >>> [operations(length) for length in (1, 2, 4, 8)]
    [0, 2, 8, 24]
    """
    return 0 if length == 1 else operations(length // 2) + operations(length // 2) + length
