"""Claims as a file prints them: read, checked, and with what they refer to put in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from cnnmath.errors import SettingError

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
    SettingError
        For a file that is no JSON, or that does not have the form of `SCHEMA`; it names the place.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        document = json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise SettingError("this is no JSON.", here=error.msg).at(
            f"{path}, line {error.lineno}, column {error.colno}"
        ) from None
    except (ValueError, RecursionError) as error:
        raise SettingError("this is no JSON that can be read.", here=str(error)).at(str(path)) from None
    return read(document)


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
            raise SettingError("the id is taken.", here=f"'{entry['id']}'").at(f"{place}.id")
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
        here=f"'{name}'",
        fix="name the id of a claim in this file that gives it in full",
    ).at(f"{claim.place}.given.{key}")


def _check(value: Any, schema: Mapping[str, Any], place: str) -> None:
    """Raise where a value does not have the form of a schema; the schema uses the keywords handled here alone."""
    kind = schema.get("type")
    if kind and not isinstance(value, _KINDS[kind]):
        raise SettingError(f"this must be a JSON {kind}.", here=_short(value)).at(place)
    if kind == "string" and len(value) < schema.get("minLength", 0):
        raise SettingError("this must not be empty.", here=_short(value)).at(place)
    if kind == "object" and "properties" in schema:
        known = schema["properties"]
        prefix = "" if place == "the file" else f"{place}."
        for key in schema["required"]:
            if key not in value:
                raise SettingError(f"the key '{key}' is missing.", here=f"keys {', '.join(value) or 'none'}").at(place)
        for key, entry in value.items():
            if key in known:
                _check(entry, known[key], f"{prefix}{key}")
            elif not schema.get("additionalProperties", True):
                raise SettingError("there is no such key.", rule=f"known are {', '.join(known)}").at(f"{prefix}{key}")
    if kind == "array":
        for i, entry in enumerate(value):
            _check(entry, schema["items"], f"{place}[{i}]")


def _short(value: Any) -> str:
    text = "null" if value is None else json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different: of two equal ones, JSON would drop the first in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key '{twice}' stands twice in one object")
    return found
