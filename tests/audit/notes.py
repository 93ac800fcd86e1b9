"""The claims of five lecture notes, and one claim at a time."""

import json
from copy import deepcopy

from cnnmath.audit import audit, read
from tests.support import GOLDEN

NOTES = GOLDEN / "lecture_claims.json"
DOCUMENT = json.loads(NOTES.read_text())
CLAIMS = {claim["id"]: claim for claim in DOCUMENT["claims"]}


def stated(subject, claimed, **given):
    """A claim in a file of its own."""
    claim = {"id": "a", "source": "notes", "where": "page 1", "subject": subject, "given": given, "claimed": claimed}
    return read({"claims": [claim]})


def judged(subject, claimed, **given):
    """The verdict of one claim."""
    (verdict,) = audit(stated(subject, claimed, **given)).verdicts
    return verdict


def with_changes(changes):
    """The claims of the notes, those of the changes with another number or other givens, in their own file."""
    document = deepcopy(DOCUMENT)
    for claim in document["claims"]:
        claim.update(changes.get(claim["id"], {}))
    return read(document)


def verdict_of(id_, **changes):
    """The verdict of one claim of the notes, changed, among the others as they are."""
    claims = with_changes({id_: changes})
    (verdict,) = audit([claim for claim in claims if claim.id == id_]).verdicts
    return verdict
