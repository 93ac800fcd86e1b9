"""The examples of a page, run while the site is built: what they print is what the page says they print."""

from __future__ import annotations

import contextlib
import doctest
import re
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from typer.testing import CliRunner

from cnnmath.cli import app
from cnnmath.errors import CnnmathError
from making.files import write_files

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
INSTALLING = ("pip", "make", "git", "python", "cd", "source")
"""First words of commands that prepare a machine; a page may print them, and nothing runs them here."""

_FENCE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NEEDY = re.compile(r'^```pycon needs="(\w+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
LONG = "minutes"
"""A command whose comment has this word is held to the command line's grammar, and not run."""

_STATUS = re.compile(r"#.*\bstatus (\d)\b")


class WrongExampleError(Exception):
    """An example of a page does not do what the page says."""


@dataclass(frozen=True, slots=True)
class Command:
    """A line of a console block, and what is printed below it.

    Parameters
    ----------
    line
        The command, its comment included.
    printed
        The lines below it; empty where the page shows none.
    """

    line: str
    printed: str

    @property
    def words(self) -> list[str]:
        """The command, split as a shell does, without its comment."""
        return shlex.split(self.line, comments=True)

    @property
    def statuses(self) -> set[int]:
        """With which status it may end: what its comment says; else 0, or 1 where the page shows what was found."""
        if said := _STATUS.search(self.line):
            return {int(said[1])}
        return {0, 1} if self.printed else {0}


def commands(page: str) -> list[Command]:
    """All commands of the console blocks of a page, in order.

    Examples
    --------
    >>> commands("```console\\n$ cnnmath zoo  # all\\n$ pip install x\\nDone\\n```\\n")
    [Command(line='cnnmath zoo  # all', printed=''), Command(line='pip install x', printed='Done\\n')]
    """
    return [Command(*found) for block in _FENCE.findall(page) for found in _COMMAND.findall(block)]


def told(page: str) -> str:
    """A page as it is read: each block that needs a library says whether it was run, and blank lines are blank.

    Examples
    --------
    >>> told('```pycon needs="no_such_library"\\n>>> 1\\n```').splitlines()[0]
    '```pycon title="Not run: no_such_library was not there when this page was made"'
    """

    def said(block: re.Match[str]) -> str:
        name = block[1]
        ran = f"Run with {name} {version(name)}" if find_spec(name) else None
        title = ran or f"Not run: {name} was not there when this page was made"
        return f'```pycon title="{title}"\n{block[2]}```'

    return _NEEDY.sub(said, page).replace("<BLANKLINE>\n", "\n")


def _runnable(page: str) -> str:
    """A page whose blocks of libraries that are not there are empty lines, so that all others keep their places."""
    return _NEEDY.sub(lambda block: block[0] if find_spec(block[1]) else "\n" * block[0].count("\n"), page)


def check(page: str, name: str, *, made: bool = False) -> int:
    """Run the examples of a page and compare what they print.

    Parameters
    ----------
    page
        Its Markdown: blocks of ``pycon``, which share their names down the page, and of ``console``. A block that
        begins with ``pycon needs="torch"`` is run where that library is installed.
    name
        What the page is called in messages.
    made
        Whether the package wrote the page: then its code is that of docstrings, which tests run, and its commands say
        how a reader comes to what was just computed: they are held to the command line's grammar alone.

    Returns
    -------
    int
        How many examples ran.

    Raises
    ------
    WrongExampleError
        Where one prints something else; names the page, the example, and both outputs.
    """
    with folder():
        return (0 if made else _python(page, name)) + sum(_shell(c, name, made=made) for c in commands(page))


@contextlib.contextmanager
def folder() -> Iterator[None]:
    """A folder with the files that pages speak of; afterwards it is gone."""
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder))
        with contextlib.chdir(folder):
            yield


def _python(page: str, name: str) -> int:
    said: list[str] = []
    test = doctest.DocTestParser().get_doctest(_runnable(page), {"__name__": "__main__"}, name, name, 0)
    found = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False).run(test, out=said.append)
    if found.failed:
        raise WrongExampleError("".join(said))
    return found.attempted


def _shell(command: Command, name: str, *, made: bool) -> int:
    words = command.words
    if words[0] in INSTALLING:
        return 0
    if words[0] != "cnnmath":
        raise WrongExampleError(
            f"{name}: $ {command.line}\nOnly cnnmath is run, and {', '.join(INSTALLING)} are shown."
        )
    unrun = made or LONG in command.line.partition("#")[2]
    result = CliRunner().invoke(app, [*words[1:], "--help"] if unrun else words[1:])
    error = result.exception if isinstance(result.exception, CnnmathError) else None
    printed = f"{type(error).__name__}: {error}\n" if error else result.output
    status = 2 if error else result.exit_code
    same = (
        doctest.OutputChecker().check_output(command.printed, printed, OPTIONS)
        if command.printed and not unrun
        else True
    )
    if status not in command.statuses or not same:
        expected = f"Expected:\n{command.printed}" if command.printed else f"Expected status {command.statuses}."
        raise WrongExampleError(f"{name}: $ {command.line}\n{expected}\nGot, with status {status}:\n{printed}")
    return 1
