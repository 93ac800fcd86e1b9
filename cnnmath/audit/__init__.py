"""Printed claims, judged one by one: right, right under a named convention, or wrong, with what is right and why.

A judge computes with the package what a claim should say; nothing is looked up in a table of answers. Where a claim is
wrong, simple slips are undone until one explains it.

Examples
--------
>>> stated = {"id": "a", "source": "notes", "where": "page 1", "subject": "parameters of one MLP neuron"}
>>> found = audit(read({"claims": [{**stated, "given": {"image": "224x224x3"}, "claimed": 150129}]}))
>>> print(text(found))
notes
  WRONG       a     parameters of one MLP neuron: 150,129
                     150,129 is wrong, 150,529 is right
                     or 150,528 (biases left out)
                     slip: one digit is mistyped: 1 for 5
<BLANKLINE>
1 claim: 0 right, 0 right under a convention, 1 wrong, 0 not covered, 0 nothing claimed
"""

from cnnmath.audit.claims import SCHEMA, Claim, load, read
from cnnmath.audit.printed import Printed, agreement
from cnnmath.audit.show import text
from cnnmath.audit.verdicts import Audit, Kind, Part, Verdict, audit

__all__ = [
    "SCHEMA",
    "Audit",
    "Claim",
    "Kind",
    "Part",
    "Printed",
    "Verdict",
    "agreement",
    "audit",
    "load",
    "read",
    "text",
]
