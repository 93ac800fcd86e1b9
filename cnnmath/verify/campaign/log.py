"""The log of a campaign: a line of JSON for each setting, from which an interrupted campaign goes on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from cnnmath.errors import CampaignError
from cnnmath.verify.campaign.judging import Judged, Key, Record

FORMAT = 1
"""Of the lines; a log of another is refused."""


@dataclass(slots=True)
class Log:
    """Records of the settings judged so far, and the file that they are also written to, if any.

    Attributes
    ----------
    records, file
        As said.
    refuted
        How many of the records are not certified.
    """

    records: dict[Key, Record] = field(default_factory=dict)
    file: IO[bytes] | None = None
    refuted: int = field(init=False)

    def __post_init__(self) -> None:
        self.refuted = sum(not record["certified"] for record in self.records.values())

    def write(self, judged: Iterable[Judged]) -> None:
        """Append settings; they are with the operating system when this returns."""
        judged = tuple(judged)
        if self.file:
            lines = ({"key": key, "seconds": round(seconds, 6), "record": record} for key, record, seconds in judged)
            self.file.write(b"".join(map(line, lines)))
            self.file.flush()
        self.records.update({key: record for key, record, _ in judged})
        self.refuted += sum(not record["certified"] for _, record, _ in judged)


def header(name: str, keys: Sequence[Key]) -> dict[str, Any]:
    """What identifies a campaign.

    Examples
    --------
    >>> header("kernels.conv", ["Conv/1", "Conv/2"])["digest"][:8]
    'fcfc2087'
    """
    digest = sha256(json.dumps(keys).encode()).hexdigest()
    return {
        "campaign": name,
        "settings": len(keys),
        "digest": digest,
        "cnnmath": version("cnnmath"),
        "format": FORMAT,
    }


@contextmanager
def opened(path: str | Path | None, wanted: dict[str, Any], keys: Collection[Key]) -> Iterator[Log]:
    """Open the log of a campaign, with the records that it holds already, or begin it.

    A last line without its end was being written when the process was killed: it is cut off.

    Raises
    ------
    CampaignError
        For a log of another campaign, or a file that is none; it is left as it is.
    """
    if path is None:
        yield Log()
        return
    path = Path(path)
    whole, records = _read(path, wanted, keys)
    with path.open("r+b" if path.exists() else "xb") as file:
        file.truncate(whole)
        file.seek(whole)
        if not whole:
            file.write(line(wanted))
            file.flush()
        yield Log(records, file)


def line(value: Any) -> bytes:
    """A value as a line of the log."""
    return json.dumps(value).encode() + b"\n"


def _read(path: Path, wanted: dict[str, Any], keys: Collection[Key]) -> tuple[int, dict[Key, Record]]:
    """The length of the lines that are whole, and the records in them."""
    data = path.read_bytes() if path.exists() else b""
    *lines, torn = data.split(b"\n")
    if not lines:
        if not line(wanted).startswith(torn):
            raise _none(path, 1)
        return 0, {}
    _check_same(path, _parsed(path, 1, lines[0]), wanted)
    known = set(keys)
    records: dict[Key, Record] = {}
    for number, content in enumerate(lines[1:], 2):
        entry = _parsed(path, number, content)
        key, record = entry.get("key"), entry.get("record")
        if key not in known or not isinstance(record, dict) or "certified" not in record:
            raise _none(path, number)
        if records.setdefault(key, record) != record:
            raise CampaignError(
                "the log has two verdicts of one setting.", input=str(path), here=f"line {number}, setting {key!r}"
            )
    return len(data) - len(torn), records


def _parsed(path: Path, number: int, content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _none(path, number)
    return value


def _none(path: Path, number: int) -> CampaignError:
    return CampaignError(
        "the file is no log of this campaign.",
        input=str(path),
        here=f"line {number} is not what a campaign has written",
        fix="name another file as the log",
    )


def _check_same(path: Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    if "campaign" not in found:
        raise _none(path, 1)
    if found == wanted:
        return
    unlike = [name for name in wanted if found.get(name) != wanted[name]]
    raise CampaignError(
        "the log is of another campaign.",
        input=str(path),
        rule="a log goes on where the same campaign stopped: the same judge, the same settings, the same version",
        here="; ".join(f"{name} {_short(found.get(name))} in the log, {_short(wanted[name])} now" for name in unlike),
        fix="name another file as the log, or remove this one",
    )


def _short(value: Any) -> str:
    return f"{value[:16]}..." if isinstance(value, str) and len(value) == len(sha256().hexdigest()) else f"{value}"
