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
from cnnmath.graph.text import plural
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, Lazy, values
from cnnmath.symbolic.terms import array, index, size

MOST = 2**20
"""Longest signal and kernel: their products are counted one by one, not put down to the formula."""


def fft_cost(n: int = 1024, k: int = 128) -> Derivation:
    r"""Products of a convolution: n*k by its sum, 3/2 N log2 N + N by transforms of a length that is enough.

    .. math:: n k \quad\text{against}\quad \tfrac32 N \log_2 N + N = 3 e\, 2^{e-1} + 2^e,
       \qquad 2^{e-1} < n + k - 1 \le 2^e = N

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
    >>> print(fft_cost(1024, 32).text(full=False))
    Convolution of 1,024 numbers with 32, by its sum and by transforms
      n = 1024, k = 32 and e = 11
      D is the number of products of the sum
      f[i] is the number of products of a fast transform of length 2^i
      a product of complex numbers counts as one, and so does one with the root 1.
         n*k < 2^e + 3*e*2^(e - 1)
    >>> fft_cost(1024, 64).result
    Comparison: n*k >= 2^e + 3*e*2^(e - 1)
    """
    _check(n=n, k=k)
    i, e, f = index("i"), index("e"), array("f")
    signal, kernel, products = size("n"), size("k"), size("D")
    least = (n + k - 2).bit_length()
    transforms = 3 * operations(2**least) + 2**least
    pays = n * k >= transforms
    verdict = "the transforms need no more" if pays else "the sum needs fewer"
    steps = (
        step("Direct", "every number of the signal meets every number of the kernel once.", products, signal * kernel),
        step(
            "Halving",
            "a transform is two of half the length, of the even and the odd places; a product with a root joins "
            "each pair of their entries to two entries, a sum and a difference.",
            f[i + 1],
            2 * f[i] + 2**i,
            [(i, 9)],
        ),
        step(
            "Levels",
            remark("it halves {} times, at a cost of {} each time.", i, 2**i / 2),
            f[i],
            i * 2 ** (i - 1),
            [(i, 10)],
        ),
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
            "Three transforms",
            "transform the signal and the kernel, and their product back.",
            3 * f[e],
            3 * e * 2 ** (e - 1),
        ),
        step(
            "Comparison",
            remark(
                f"{n * k:,} against {plural(transforms, 'product')}, "
                f"with {{}} of the two transforms' entries: {verdict}.",
                2**e,
            ),
            signal * kernel,
            3 * e * 2 ** (e - 1) + 2**e,
            relation=">=" if pays else "<",
        ),
    )
    numbers = (signal, sp.Integer(n)), (kernel, sp.Integer(k)), (e, sp.Integer(least))
    return Derivation(
        f"Convolution of {plural(n, 'number')} with {k:,}, by its sum and by transforms",
        (
            remark("{}, {} and {}", *(sp.Eq(*pair, evaluate=False) for pair in numbers)),
            remark("{} is the number of products of the sum", products),
            remark("{} is the number of products of a fast transform of length {}", f[i], 2**i),
        ),
        steps,
        (_counted(n, k, least),),
        (remark("a product of complex numbers counts as one, and so does one with the root 1."),),
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
    [0, 1, 4, 12]
    """
    return 0 if length == 1 else operations(length // 2) + operations(length // 2) + length // 2
