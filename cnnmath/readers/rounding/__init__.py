r"""Rounding reader: floats that carry a bound of how far a computed number is from the exact one.

A `Rounded` is a term, or a sum of terms whose order nobody knows. It holds the value, the errors of the terms
themselves (``base``), how many terms there are and the sum of their absolute values (``mass``). However the terms are
added up, one by one, in blocks, in pairs, with fused multiply-adds or in higher precision, the result is within

.. math:: \text{base} + \gamma_{n-1}\, \text{mass}, \quad \gamma_n = \frac{n u}{1 - n u}

of the exact one ([1]_, sections 3.1 and 4.2). Sums of sums are flattened, and a factor of a sum belongs to each term,
so that a kernel may scale before or after it adds up, and start with the bias or end with it. A product of two sums is
not multiplied out: that is another algorithm, and may cancel.

Sums of exponentials stay what they are until they are needed (`Exponentials`): their quotients and logarithms are those
of stable kernels, which subtract the greatest exponent first ([2]_). That covers softmax, log-softmax, softplus, the
logistic function and tanh, with their derivatives.

Values are floats, evaluated in the sentence's structure themselves: they too are within the bound of the exact ones,
which is why ``|value| + error`` bounds the exact number and ``|value| + 2 error`` the computed one.

Assumed is that an operation rounds to nearest, that a quotient is one or a product with a reciprocal, that functions
(exp, log, erf, power and root) are within `FUNCTION` ulps, and that a result, or an operand, below the format's
``smallest`` may be off by as much (`Format`). Where the format's largest number could be exceeded, nothing is said: the
bound is infinite.

References
----------
.. [1] N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, SIAM 2002, sections 2.1, 3.1, 3.3
   (running error analysis) and 4.2.
.. [2] P. Blanchard, D. Higham and N. Higham, "Accurately computing the log-sum-exp and softmax functions", IMA
   Journal of Numerical Analysis 2021.
"""

from cnnmath.readers.rounding.format import FORMATS, Format
from cnnmath.readers.rounding.functions import FUNCTION
from cnnmath.readers.rounding.gradient import Remembered, Slope, Sloping, backward
from cnnmath.readers.rounding.number import OUTWARD, Rounded, added, constant, either, term, total, unknown
from cnnmath.readers.rounding.reader import Exponentials, Given, Rounding, forward

__all__ = [
    "FORMATS",
    "FUNCTION",
    "OUTWARD",
    "Exponentials",
    "Format",
    "Given",
    "Remembered",
    "Rounded",
    "Rounding",
    "Slope",
    "Sloping",
    "added",
    "backward",
    "constant",
    "either",
    "forward",
    "term",
    "total",
    "unknown",
]
