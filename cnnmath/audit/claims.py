"""Claims as a file prints them: read, checked, and with what they refer to put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from cnnmath.errors import CnnmathError, SettingError
from cnnmath.graph.plain import clip, decoded, kind_of, text_of

SCHEMA: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Printed claims about convolutional networks",
    "type": "object",
    "required": ["claims"],
    "properties": {
        "about": {"type": "string", "description": "What the file is."},
        "SOURCE": {"type": "string", "description": "Where the claims come from."},
        "claims": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "source", "where", "subject", "given", "claimed"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string", "minLength": 1, "description": "Unique in the file."},
                    "source": {"type": "string", "description": "The document that prints it."},
                    "where": {"type": "string", "description": "The place in it."},
                    "subject": {"type": "string", "description": "What the claim is about, in words."},
                    "given": {
                        "type": "object",
                        "description": "What the claim starts from; 'as' names a claim whose givens hold here, too.",
                    },
                    "claimed": {"description": "What is printed: a number, a text, a list, or these by name; or null."},
                    "note": {"type": "string", "description": "A remark; it is not read."},
                },
            },
        },
    },
}
"""JSON Schema of a file of claims. `read` checks the same, and that what a claim refers to exists."""

_KINDS = {"string": str, "object": dict, "array": list}


@dataclass(frozen=True, slots=True)
class Claim:
    """One printed claim.

    Attributes
    ----------
    place
        Where it stands in its file: ``claims[12]``.
    id, source, where, subject
        Its name, the document, the place in it, and what it is about.
    given
        What it starts from.
    claimed
        What is printed.
    beside
        What the same file claims of the same network, by subject.
    """

    place: str
    id: str
    source: str
    where: str
    subject: str
    given: Mapping[str, Any]
    claimed: Any
    note: str = ""
    beside: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def parts(self) -> dict[str, Any]:
        """What is printed, by name; a single thing has the name ``""``."""
        return dict(self.claimed) if isinstance(self.claimed, dict) else {"": self.claimed}

    def need(self, *keys: str) -> Any:
        """Value that is given under the first of these keys that there is.

        Raises
        ------
        SettingError
            Where there is none, naming the claim and the key.
        """
        for key in keys:
            if key in self.given:
                return self.given[key]
        raise SettingError(
            "the claim does not give what its subject needs.",
            here=f"'{self.subject}' gives {', '.join(self.given) or 'nothing'}",
            fix=f"add given.{keys[0]}",
        ).at(f"{self.place} '{self.id}'")


def load(path: str | Path) -> tuple[Claim, ...]:
    """Read a file of claims.

    Raises
    ------
    CnnmathError
        For a file that cannot be read, is no JSON (with line and column), or does not have the form of `SCHEMA` (with
        the place in it).
    """
    text = text_of(path)
    try:
        return read(decoded(text, Decimal))
    except CnnmathError as error:
        error.lines["file"] = str(path)
        raise


def read(document: Any) -> tuple[Claim, ...]:
    """Claims of a document as JSON has it, each with what it refers to put in.

    Raises
    ------
    SettingError
        Where the document does not have the form of `SCHEMA`, an id is taken, or a reference leads nowhere.

    Examples
    --------
    >>> common = {"source": "notes", "where": "page 1", "subject": "length of a flattened image"}
    >>> a, b = read(
    ...     {
    ...         "claims": [
    ...             {"id": "a", "given": {"image": "2x2x3"}, "claimed": 12, **common},
    ...             {"id": "b", "given": {"as": "a"}, "claimed": 13, **common},
    ...         ]
    ...     }
    ... )
    >>> b.given
    {'image': '2x2x3'}
    """
    _check(document, SCHEMA, "the file")
    claims: list[Claim] = []
    for i, entry in enumerate(document["claims"]):
        place = f"claims[{i}]"
        if any(entry["id"] == claim.id for claim in claims):
            raise SettingError("the id is taken.", here=kind_of(entry["id"])).at(f"{place}.id")
        claims.append(Claim(place, **entry))
    named = {claim.id: claim for claim in claims}
    return _side_by_side([_resolved(claim, named) for claim in claims])


def _resolved(claim: Claim, named: Mapping[str, Claim]) -> Claim:
    """The claim with the givens of the claim that it names, and the network of one that it names."""
    given = dict(claim.given)
    if "as" in given:
        other = named.get(given["as"]) if isinstance(given["as"], str) else None
        if other is None or "as" in other.given:
            raise _nowhere(given["as"], "as", claim)
        given = {**other.given, **given}
        del given["as"]
    network = given.get("network")
    if isinstance(network, str) and network.startswith("as "):
        start = network.removeprefix("as ").strip()
        texts = {other.given.get("network") for id_, other in named.items() if id_.startswith(start)} - {None, network}
        if len(texts) != 1:
            raise _nowhere(start, "network", claim)
        given["network"] = texts.pop()
    return replace(claim, given=given)


def _side_by_side(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims, each with what the file says of the same network."""
    found = []
    for claim in claims:
        network = claim.given.get("network")
        beside = {other.subject: other.claimed for other in claims if network and other.given.get("network") == network}
        found.append(replace(claim, beside=beside))
    return tuple(found)


def _nowhere(name: Any, key: str, claim: Claim) -> SettingError:
    return SettingError(
        "it refers to a claim that is not there, or that refers to another.",
        here=kind_of(name),
        fix="name the id of a claim in this file that gives it in full",
    ).at(f"{claim.place}.given.{key}")


def _check(value: Any, schema: Mapping[str, Any], place: str) -> None:
    """Raise where a value does not have the form of a schema; the schema uses the keywords handled here alone."""
    kind = schema.get("type")
    if kind and not isinstance(value, _KINDS[kind]):
        raise SettingError(f"this must be a JSON {kind}.", here=kind_of(value)).at(place)
    if kind == "string" and len(value) < schema.get("minLength", 0):
        raise SettingError("this must not be empty.", here=kind_of(value)).at(place)
    if kind == "object" and "properties" in schema:
        known = schema["properties"]
        prefix = "" if place == "the file" else f"{place}."
        listed = clip(", ".join(value)) or "none"
        for key in schema["required"]:
            if key not in value:
                raise SettingError(f"the key '{key}' is missing.", here=f"keys {listed}").at(place)
        for key, entry in value.items():
            if key in known:
                _check(entry, known[key], f"{prefix}{key}")
            elif not schema.get("additionalProperties", True):
                where = f"{prefix}{clip(key)}"
                raise SettingError("there is no such key.", rule=f"known are {', '.join(known)}").at(where)
    if kind == "array":
        for i, entry in enumerate(value):
            _check(entry, schema["items"], f"{place}[{i}]")
