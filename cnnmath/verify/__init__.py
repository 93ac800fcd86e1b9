"""What may be believed of a kernel: exact agreement with the sentence, or the smallest setting that fails."""

from cnnmath.verify.agreement import Agreement, Check, verify
from cnnmath.verify.search import Search, search
from cnnmath.verify.strategies import Case, cases

__all__ = ["Agreement", "Case", "Check", "Search", "cases", "search", "verify"]
