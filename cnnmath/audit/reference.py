"""The reference of the audit for the documentation: the subjects that are known, and the schema of a file."""

from __future__ import annotations

import inspect
import json

from cnnmath.audit.claims import SCHEMA
from cnnmath.audit.judges import ABSENT, SUBJECTS

BEFORE = """\
A claim's subject is compared, in small letters, with these patterns, the first one first. What stands behind a
semicolon may be left out. A size may also go by its letter: n, L, W or W1 for the input, f, F, K or k for the kernel,
s or S for the stride, p or P for the padding."""


def reference_page() -> str:
    """Markdown of the subjects that judges know and of the file format, as JSON Schema.

    Examples
    --------
    >>> reference_page().splitlines()[0]
    '# What an audit knows'
    """
    known = [f"| `{subject.pattern}` | {_first(subject.judge)} | {subject.gives} |" for subject in SUBJECTS]
    return "\n".join(
        [
            "# What an audit knows",
            "",
            BEFORE,
            "",
            "| subject | what is computed | given |",
            "|---|---|---|",
            *known,
            "",
            "Not covered: " + "; ".join(f"`{pattern}` ({why})" for pattern, why in ABSENT.items()) + ".",
            "",
            "## The file",
            "",
            "A JSON Schema, also as [a file](claims.schema.json):",
            "",
            f"```json\n{schema()}\n```",
            "",
        ]
    )


def schema() -> str:
    """The JSON Schema of a file of claims, as text."""
    return json.dumps(SCHEMA, indent=2)


def _first(documented: object) -> str:
    """First sentence of a docstring."""
    return (inspect.getdoc(documented) or "").split("\n\n")[0].replace("\n", " ")
