"""What may be believed of a kernel: a certificate that says how surely, or the smallest counterexample."""

from cnnmath.verify.adapter import Adapter
from cnnmath.verify.evidence import Evidence, Finding, Withheld
from cnnmath.verify.ladder import climb, judge, verify
from cnnmath.verify.libraries import from_jax, from_torch
from cnnmath.verify.search import search
from cnnmath.verify.strategies import Case, cases
from cnnmath.verify.telling import at_reduced_width, telling
from cnnmath.verify.verdict import Certificate, Counterexample, NoPower, Verdict

__all__ = [
    "Adapter",
    "Case",
    "Certificate",
    "Counterexample",
    "Evidence",
    "Finding",
    "NoPower",
    "Verdict",
    "Withheld",
    "at_reduced_width",
    "cases",
    "climb",
    "from_jax",
    "from_torch",
    "judge",
    "search",
    "telling",
    "verify",
]
