"""The page of the documentation on power: every known mistake, and who sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnnmath.ops import Operator
from cnnmath.verify.evidence import SHORT
from cnnmath.verify.power import COMPARISONS, PATIENCE, Habit, Power, Row, results
from cnnmath.verify.usual import usual

INTRODUCTION = """# Power, measured

A test that has found nothing says little, unless one knows what it would have found. So here are {count} known
mistakes, each planted in a right kernel of the package, and who sees it.

**{figure}**
"""

SAMPLE = """The library has {of} mistakes. These {count} were taken in an order drawn at random, until the
processor time of the run was over. Nothing was measured of the others; `make power` without `MINUTES` tries all.
"""

HOW = """## How it is measured

- Each rung of the ladder is tried alone. It is given settings at which the mistake shows, one after the other: telling
  inputs, then those that cover all pairs of classes, then drawn ones; after {patience} of them it gives up. A number is
  how often the kernel was called until the rung saw the mistake.
- *allclose* is one comparison of output and gradients with a right kernel, on normal float32 data, with
  `rtol={strict.rtol:g}` and `atol={strict.atol:g}`, as NumPy and PyTorch have it; *lax* has {lax.rtol:g} for both. The
  reference makes the same roundings, so that nothing right is refused: this is the best that such a test can be.
- *gradcheck* is PyTorch's, as it comes, of an `autograd.Function` that calls the kernel, on normal float64 data.
- These are tried at a setting that people use, as {usual}, and at the first setting at which the mistake shows.
- Seeds are fixed: the same table comes out of every run.
- The tests ask that the ladder sees every mistake of the list. So the figures compare tests on mistakes that are known;
  of mistakes that nobody has thought of they say nothing.

`make power` measures this anew and writes this page; `cnnmath verify --power conv` measures one operator.
"""

NEVER = "\u2013"
READING = f"""## Every mistake

A kernel with the mistake behaves as if what stands in the first column held. Numbers are calls of the kernel, and
{NEVER} is where a rung does not see it. A usual test that sees it has ✓✓; ✗✓ where it does only at a setting where the
mistake shows; ✗✗ where it never does.
"""


def power_page(found: Power, on: str = "", of: int | None = None) -> str:
    """Markdown of what was measured: the figures, then a table for each operator.

    Parameters
    ----------
    found
        What was measured.
    on
        The date of the run.
    of
        How many mistakes are known; where fewer were tried, the page says that they are a sample.
    """
    figure = f"{sum(row.caught for row in found.rows)} of {len(found.rows)} are seen by the ladder."
    strict, lax = COMPARISONS.values()
    how = HOW.format(patience=PATIENCE, strict=strict, lax=lax, usual=f"`{usual(found.rows[0].mistake.kind)}`")
    part = of is not None and len(found.rows) < of
    parts = [
        INTRODUCTION.format(count=len(found.rows), figure=figure) + (f"\nMeasured on {on}.\n" if on else ""),
        *([SAMPLE.format(count=len(found.rows), of=of)] if part else []),
        "\n".join(_figures(found)),
        how,
        "## By operator\n",
        "\n".join(_operators(found)),
        READING,
        *("\n".join(_mistakes(kind, rows)) for kind, rows in found.by_operator().items()),
    ]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _figures(found: Power) -> Iterator[str]:
    """What sees how many."""
    total, firsts = len(found.rows), found.by_rung()
    yield "| | seen, of " + str(total) + " | first |"
    yield "|---|--:|--:|"
    for rung, count in found.alone().items():
        yield f"| Rung {rung} alone, {SHORT[rung]} | {count} | {firsts.get(rung, 0)} |"
    for name, (common, shown) in found.by_habit().items():
        yield f"| {name}, at usual settings | {common} | |"
        yield f"| {name}, where the mistake shows | {shown} | |"


def _operators(found: Power) -> Iterator[str]:
    """How many mistakes of each operator are seen."""
    names = list(found.by_habit())
    yield _row(
        ["Operator", "mistakes", "ladder", *(f"{name}{at}" for name in names for at in ("", ", where it shows"))]
    )
    yield _row(["---", *["--:"] * (2 + 2 * len(names))])
    for kind, rows in found.by_operator().items():
        habits = [count for name in names for count in (_count(rows, name, "usual"), _count(rows, name, "shown"))]
        cells = [len(rows), sum(row.caught for row in rows), *habits]
        yield _row([f"[{kind.__name__}](#{kind.__name__.lower()})", *map(str, cells)])


def _count(rows: Sequence[Row], name: str, where: str) -> int:
    return sum(bool(getattr(row.habits[name], where)) for row in rows)


def _mistakes(kind: type[Operator], rows: Sequence[Row]) -> Iterator[str]:
    """A table of one operator's mistakes."""
    rungs, names = list(rows[0].rungs), list(rows[0].habits)
    yield f"### {kind.__name__}\n"
    yield _row(["as if ...", "spoils", *(SHORT[rung] for rung in rungs), *names])
    yield _row(["---", "---", *["--:"] * len(rungs), *[":-:"] * len(names)])
    for row in rows:
        calls = [str(a.calls) if a.caught else NEVER for a in row.rungs.values()]
        yield _row([row.mistake.says, results(row), *calls, *map(_seen, row.habits.values())])


def _seen(habit: Habit) -> str:
    """Whether a usual test sees a mistake: at the usual setting, and where it shows."""
    return "".join({True: "✓", False: "✗", None: "?"}[caught] for caught in (habit.usual, habit.shown))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
