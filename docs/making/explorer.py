"""What the explorer says of a setting, by the package: what its page shows where no script runs.

The page's script computes the same in the browser, with ``docs/assets/window.js``; tests compare the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

from cnnmath.graph import Architecture
from cnnmath.ops import Conv
from cnnmath.subjects.matrices.sparse import Sparse
from cnnmath.symbolic import WrittenOut, derive
from cnnmath.symbolic.notations import Text
from cnnmath.window import Padding, Window, check_at_least

LISTED = 8
"""Names in a sentence."""

_WEIGHT = re.compile(r"w\[(\d+)\]")


@dataclass(frozen=True)
class Setting:
    """A convolution along one axis, with one channel and one filter, and the length of its input.

    Raises
    ------
    SettingError, ShapeError
        For what no convolution can have.

    Examples
    --------
    >>> Setting(7, 3, stride=2, padding=(1, 1)).rule
    'floor((7 + 1 + 1 - 1*(3 - 1) - 1)/2) + 1 = 4'
    """

    n: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    padding: Padding = (0, 0)

    def __post_init__(self) -> None:
        check_at_least("size of the input", self.n, 1)
        self.op.shape((1, 1, self.n))

    @cached_property
    def op(self) -> Conv:
        """The operator."""
        padding = self.padding if isinstance(self.padding, str) else (self.padding,)
        return Conv(1, (self.kernel,), stride=(self.stride,), dilation=(self.dilation,), padding=padding, bias=False)

    @cached_property
    def window(self) -> Window:
        """Its window, with the padding that a name stands for."""
        return self.op.windows((self.n,))[0]

    @property
    def outputs(self) -> int:
        """Length of the output."""
        return self.op.shape((1, 1, self.n))[2]

    @property
    def rule(self) -> str:
        """The size rule with the numbers put in."""
        w = self.window
        room = f"{self.n} + {w.before} + {w.after} - {w.dilation}*({w.kernel} - 1) - 1"
        return f"floor(({room})/{w.stride}) + 1 = {self.outputs}"

    @property
    def rest(self) -> int:
        """Positions at the end of the padded input that no window reaches."""
        return (
            self.n
            + self.window.before
            + self.window.after
            - self.window.extent
            - self.window.stride * (self.outputs - 1)
        )

    @property
    def uses(self) -> list[int]:
        """How often each input is read."""
        return [len(list(self.window.readers(j, self.n))) for j in range(self.n)]

    @property
    def losses(self) -> list[str]:
        """What the border costs, in sentences."""
        return list(self._losses())

    def _losses(self) -> Iterator[str]:
        w, n, longer, total = self.window, self.n, self.outputs - self.n, self.outputs * self.kernel
        rest = self.rest
        inside = [sum(0 <= j < n for j in w.reads(o)) for o in range(self.outputs)]
        size = f"{abs(longer)} {'longer' if longer > 0 else 'shorter'} than" if longer else "as long as"
        yield f"The output is {size} the input."
        left = f"({n} + {w.before} + {w.after} - {w.extent}) mod {w.stride} = {rest}"
        positions = "positions are" if rest > 1 else "position is"
        yield f"{rest or 'No'} {positions} left over at the end, where no window reaches: {left}."
        unread = [j for j, count in enumerate(self.uses) if not count]
        yield (
            f"No output reads {_names('x', unread)}, so the gradient there is 0." if unread else "Every input is read."
        )
        yield f"Inputs are read {_times(min(self.uses), max(self.uses))}."
        padded = total - sum(inside)
        yield f"{padded} of the {total} products {'has' if padded == 1 else 'have'} a zero of the padding."
        if blind := [o for o, count in enumerate(inside) if not count]:
            yield f"Padding alone is seen by {_names('y', blind)}."

    @property
    def matrix(self) -> list[list[int | None]]:
        """For each output a row, for each input a column: the number of the weight there, or None for zero."""
        rows = Sparse.of(self.op, (1, 1, self.n)).matrix.tolist()
        return [[int(entry.indices[0]) if entry else None for entry in row] for row in rows]

    def formulas(self, wrt: str) -> list[str]:
        """Output or gradient, entry by entry."""
        return WrittenOut(derive(self.op, wrt), self.op, ((1, 1, self.n),)).write(Text()).splitlines()

    @property
    def fragment(self) -> str:
        """The end of the explorer's address that has this setting."""
        padding = self.padding if isinstance(self.padding, str) else ",".join(map(str, self.padding))
        return f"#n={self.n}&kernel={self.kernel}&stride={self.stride}&dilation={self.dilation}&padding={padding}"


def spoken(setting: Setting) -> str:
    """The setting in words."""
    w = setting.window
    return (
        f"n = {setting.n}, kernel {w.kernel}, stride {w.stride}, dilation {w.dilation}, "
        f"padding {w.before} before and {w.after} after"
    )


def sentences(lines: Sequence[str]) -> str:
    """A list of sentences, in HTML."""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def equations(lines: Sequence[str]) -> str:
    """Equations below each other, in HTML; weights have the colours that they have in the matrix."""
    return "".join(f"<code>{_WEIGHT.sub(_weight, line)}</code>" for line in lines)


def table(setting: Setting) -> str:
    """The weight matrix, in HTML: its cells say which weight they hold, and have its colour.

    Examples
    --------
    >>> "<th scope='row'>y[3]</th>" in table(Setting(7, 3, stride=2, padding=(1, 1)))
    True
    """
    head = "".join(f"<th scope='col'>x[{j}]</th>" for j in range(setting.n))
    rows = (f"<tr><th scope='row'>y[{o}]</th>{''.join(map(_cell, row))}</tr>" for o, row in enumerate(setting.matrix))
    return (
        f"<table class='weights'><caption>{setting.outputs} outputs, {setting.n} inputs</caption>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def region(name: str, label: str, inside: str) -> str:
    """A part of the page that the script writes anew, and that scrolls where it is too large."""
    return f"<div id='{name}' class='scrolled' role='region' aria-label='{escape(label)}' tabindex='0'>{inside}</div>"


def links(settings: Mapping[str, Setting]) -> str:
    """Named settings, as links that set the explorer."""
    return ", ".join(f"<a href='{escape(s.fragment)}'>{escape(name)}</a>" for name, s in settings.items())


def first_layer(network: Architecture) -> Setting:
    """The window of a network's first convolution, on its own input."""
    op = next(op for node in network.order() if isinstance(op := network.op(node), Conv))
    *_, height, width = network.input_shape
    w = op.windows((height, width))[-1]
    return Setting(width, w.kernel, w.stride, w.dilation, (w.before, w.after))


def _weight(found: re.Match[str]) -> str:
    return f"<span class='weight' style='--k:{found[1]}'>{found[0]}</span>"


def _cell(k: int | None) -> str:
    return "<td class='zero'>0</td>" if k is None else f"<td class='weight' style='--k:{k}'>w[{k}]</td>"


def _times(least: int, most: int) -> str:
    if least == most:
        return "once each" if least == 1 else f"{least} times each"
    return f"{least} to {most} times"


def _names(array: str, indices: Sequence[int]) -> str:
    more = len(indices) - LISTED
    return ", ".join(f"{array}[{i}]" for i in indices[:LISTED]) + (f" and {more} more" if more > 0 else "")
