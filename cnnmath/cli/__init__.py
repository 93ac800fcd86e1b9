"""The command line: analyse, derive, verify, report, audit.

`status` has what a command ends with.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from cnnmath import __version__
from cnnmath.cli.analysis import analyze, count, field, flow, sizes, window, zoo
from cnnmath.cli.derivations import derive
from cnnmath.cli.encoding import use_stand_ins
from cnnmath.cli.models import diff, export, run
from cnnmath.cli.pages import plot, report
from cnnmath.cli.printed import audit, explain
from cnnmath.cli.status import AGREES, DIFFERS, WRONG
from cnnmath.cli.verification import verify
from cnnmath.errors import CnnmathError, DerivationError

PATIENCE = 100_000
"""Objects that are made before garbage is looked for: a command that reads a model makes many, and few are garbage."""

PANELS = {
    "Networks": (zoo, analyze, count, field, sizes, flow),
    "Networks with their arrays": (run, export, diff),
    "Windows and operators": (window, derive, verify),
    "Printed numbers": (explain, audit),
    "Pages and figures": (report, plot),
}
"""The commands, as the help shows them."""

app = typer.Typer(
    name="cnnmath",
    help="The mathematics of convolutional networks: analysed, derived, verified.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:
    """Print the version and be done, where it is asked for."""
    if wanted:
        print(f"cnnmath {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of the program itself, ahead of its commands."""


for panel, commands in PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)


def main() -> None:
    """Run the command line; what the user got wrong goes to standard error, without a traceback."""
    gc.set_threshold(PATIENCE)
    use_stand_ins()
    try:
        _run()
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(AGREES)
    except CnnmathError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(DIFFERS if isinstance(error, DerivationError) else WRONG)
    except OSError as error:
        print(f"cnnmath: {error.strerror}", file=sys.stderr)
        sys.exit(WRONG)


def _run() -> None:
    """Run a command and write out all that it prints, so that a closed pipe is seen here and not at the very end."""
    try:
        app()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer and rich make a status of 1 of it
            raise end.__context__ from None
        sys.stdout.flush()
        raise
