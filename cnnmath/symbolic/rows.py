r"""LaTeX formulas on rows of a page's width: broken at relations, between terms, and between factors.

How wide a formula is set is estimated from its source, in points of a document of 10pt: letters by kinds, fractions by
the wider of their parts, scripts at seven tenths.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

PAGE = 310.0
"""Width of a formula, in points, that stands in a numbered list of LaTeX's own class ``article``."""

SCRIPT = 0.72
SPACED = {"sign": 4.4, "relation": 5.5}
"""What scripts are smaller by, and the spaces around signs that they do not have."""

_TOKEN = re.compile(
    r"\\begin\{(?P<environment>\w+)\}|\\left\s*(?P<left>\\[A-Za-z]+|\\?.)|\\(?P<command>[A-Za-z]+|.)|(?P<group>\{)"
    r"|(?P<script>[_^])|(?P<letter>[^\s\\{])|\s+"
)
_RELATIONS = ("=", "<", ">", r"\le", r"\ge", r"\ne", r"\equiv", r"\mid", r"\odot", r"\land", r"\lor", r"\bmod")
_WIDE = {"quad": 10.0, "qquad": 20.0, ",": 1.7, ";": 2.8, " ": 3.3, "sum": 14.5, "prod": 13.0, "infty": 10.0}
_WORDS = ("tanh", "log", "max", "min")


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a formula that nothing is broken inside of, or only on purpose: its source and its width.

    The kind is ``"relation"``, ``"sign"`` (of a term), ``"factor"`` (a thin space), ``"coefficient"`` (one
    ahead of a sum), ``"where"`` (the space ahead of a condition), ``"total"`` (a sum's sign), ``"bracket"``, or empty.
    """

    source: str
    width: float
    kind: str = ""


def rows(formula: str, page: float = PAGE) -> list[str]:
    r"""Rows of a formula for the environment ``align*``, with its marks: the first relation, and what hangs behind it.

    Examples
    --------
    >>> rows("y = a + b")
    ['y &= a + b']
    >>> rows("y = a + b + c", page=40)
    ['y &= a', '&\\quad + b', '&\\quad + c']
    """
    tokens = list(_tokens(formula))
    first = next((i for i, token in enumerate(tokens) if token.kind == "relation"), None)
    if first is None:
        return [formula]
    left, relation, right = tokens[:first], tokens[first], tokens[first + 1 :]
    marked = f"{_source(left)} &{relation.source} ".lstrip()
    if _width(tokens) <= page:
        return [f"{marked}{_source(right)}"]
    room = page - _width(left) - relation.width
    sides = _parts(right, "relation")
    written = [line for side in sides for line in _lines(side, room)]
    return [marked + written[0], *(f"&{line if _is_relation(line) else _hung(line)}" for line in written[1:])]


def _is_relation(line: str) -> bool:
    return line.startswith(_RELATIONS)


def _hung(line: str) -> str:
    return rf"\quad {line}"


def _lines(tokens: Sequence[Token], room: float) -> list[str]:
    """Lines of a side: as many terms on each as it takes, and what is wider than a line broken further."""
    if _width(tokens) <= room:
        return [_source(tokens)]
    return _filled(_parts(tokens, "sign"), room, _factors)


def _filled(parts: Sequence[list[Token]], room: float, further: Callable[[list[Token], float], list[str]]) -> list[str]:
    lines: list[str] = []
    line: list[Token] = []
    for part in parts:
        if line and _width([*line, *part]) > room - 10 * bool(lines):
            lines += further(line, room - 10 * bool(lines))
            line = []
        line = [*line, *part]
    return lines + further(line, room - 10 * bool(lines))


def _factors(tokens: list[Token], room: float) -> list[str]:
    """Lines of one term: broken ahead of its condition, then between factors, then inside its widest bracket."""
    if _width(tokens) <= room:
        return [_source(tokens)]
    parts = next((p for kind in ("where", "coefficient", "factor") if len(p := _parts(tokens, kind)) > 1), [])
    if not parts:
        return _opened(tokens, room)
    lines: list[str] = []
    line: list[Token] = []
    for part in parts:
        if line and (_width([*line, *part]) > room - 10 * bool(lines)) and not _only_sums(line):
            lines += _continued(line, lines, room)
            line = []
        line = [*line, *part]
    return lines + _continued(line, lines, room)


def _continued(tokens: list[Token], lines: Sequence[str], room: float) -> list[str]:
    """Lines of factors, with the sign of a product where they go on with one."""
    if not lines:
        return _factors(tokens, room) if _breaks(tokens) else _opened(tokens, room)
    spaces = 0
    while tokens[spaces].kind in ("factor", "where", "coefficient"):
        spaces += 1
    sign = [] if tokens[0].kind == "where" else [Token(r"{} \times ", 12.0)]
    own = [*sign, *tokens[spaces:]]
    inner = _factors(own, room - 20) if _breaks(own) else _opened(own, room - 20)
    return [_hung(line) for line in inner]


def _breaks(tokens: Sequence[Token]) -> bool:
    return any(len(_parts(tokens, kind)) > 1 for kind in ("where", "coefficient", "factor"))


def _only_sums(tokens: Sequence[Token]) -> bool:
    return all(token.kind in ("total", "sign", "factor", "coefficient") or not token.source.strip() for token in tokens)


def _opened(tokens: list[Token], room: float) -> list[str]:
    """Lines of what has no breaks outside its brackets: broken inside the widest, whose two halves keep one size."""
    openable = [(token, inside) for token in tokens if (inside := _inside(token)) is not None]
    if _width(tokens) <= room or not openable:
        return [_source(tokens)]
    widest, (opening, inner, closing) = max(openable, key=lambda pair: pair[0].width)
    at = tokens.index(widest)
    before, after = tokens[:at], tokens[at + 1 :]
    space = max(room / 2, room - _width(before) - 20)
    first, *others = _filled(_parts(list(_tokens(inner)), "sign"), space, _factors)
    lines = [f"{_source(before)} {opening} {first}".lstrip(), *map(_hung, others)]
    return [*lines[:-1], f"{lines[-1]} {closing}{_source(after)}"]


def _inside(token: Token) -> tuple[str, str, str] | None:
    r"""What opens, is inside and closes a part that may stand on several rows: a sum in parentheses or above a bar.

    Parentheses become ``\Bigl(`` and ``\Bigr)``, which know nothing of each other; a fraction is multiplied out.
    """
    if token.source.startswith(r"\left("):
        end = token.source.rindex(r"\right)")
        inner, closing = token.source[len(r"\left(") : end], token.source[end + len(r"\right)") :]
        parts = r"\Bigl(", inner, rf"\Bigr){closing}"
    elif token.source.startswith(r"\frac{"):
        inner, middle = _argument(token.source, len(r"\frac"))
        parts = rf"\frac{{1}}{token.source[middle:]}\,\Bigl(", inner, r"\Bigr)"
    else:
        return None
    return parts if len(_parts(list(_tokens(inner)), "sign")) > 1 else None


def _parts(tokens: Sequence[Token], kind: str) -> list[list[Token]]:
    """Parts between the tokens of a kind, each of which begins the part behind it."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == kind and any(t.source.strip() for t in parts[-1]):
            parts.append([])
        parts[-1].append(token)
    return parts


def _source(tokens: Sequence[Token]) -> str:
    return "".join(token.source for token in tokens).strip()


def _width(tokens: Sequence[Token]) -> float:
    return sum(token.width for token in tokens)


def width(formula: str) -> float:
    r"""About how wide a formula is set, in points.

    Examples
    --------
    >>> width("x") < width("x_{1}") < width("x + 1"), round(width(r"\frac{a}{b}")) < round(width("ab"))
    (True, True)
    """
    return _width(list(_tokens(formula)))


def _tokens(formula: str) -> Iterator[Token]:
    """The parts of a formula, scripts with what they are attached to."""
    at = 0
    while at < len(formula):
        token, at = _read(formula, at)
        if token.kind == "factor" and formula.startswith((r"\sum", r"\prod", r"\max"), at):
            token = Token(token.source, token.width, "coefficient")
        scripts: list[tuple[str, float]] = []
        while at < len(formula) and formula[at] in "_^'" and token.source.strip():
            scripts.append(_script(formula, at))
            at += len(scripts[-1][0])
        if scripts:
            own = max(share for _, share in scripts)
            total = max(token.width, own) + 3 if token.kind == "total" else token.width + own
            token = Token(token.source + "".join(source for source, _ in scripts), total, token.kind)
        yield token


def _script(formula: str, at: int) -> tuple[str, float]:
    if formula[at] == "'":
        return "'", 2.8
    token, end = _read(formula, at + 1)
    tight = sum(SPACED.get(part.kind, 0) for part in _tokens(token.source.strip("{}")))
    return formula[at:end], SCRIPT * (token.width - tight) + 0.5


def _read(formula: str, at: int) -> tuple[Token, int]:
    """The part that begins at a place, and where the next one does."""
    found = _TOKEN.match(formula, at)
    if found is None or found["script"]:
        return Token(formula[at], 3.0), at + 1
    if name := found["environment"]:
        end = _closing(formula, at, rf"\begin{{{name}}}", rf"\end{{{name}}}")
        inner = formula[found.end() : end - len(rf"\end{{{name}}}")]
        return Token(formula[at:end], _of_environment(name, inner)), end
    if found["left"]:
        end = _closing(formula, at, r"\left", r"\right")
        inner = formula[found.end() : end - len(r"\right")]
        end += len(re.match(r"\s*(\\[A-Za-z]+|\\?.)", formula[end:])[0])  # type: ignore[index]  # what closes it
        return Token(formula[at:end], width(inner) + 11, "bracket"), end
    if found["group"]:
        end = _closing(formula, at, "{", "}")
        return Token(formula[at:end], width(formula[at + 1 : end - 1])), end
    if found["letter"]:
        return _of_letter(found[0]), found.end()
    if found["command"]:
        return _of_command(formula, found[0], found.end())
    return Token(found[0], 0), found.end()


def _of_letter(letter: str) -> Token:
    if letter in "+-":
        return Token(letter, 12.2, "sign")
    if letter in "=<>":
        return Token(letter, 13.3, "relation")
    return Token(letter, 4.5 if letter in ",.;" else 3.9 if letter in "()[]|" else 5.0 if letter.isdigit() else 5.8)


def _of_command(formula: str, command: str, end: int) -> tuple[Token, int]:
    name = command[1:]
    if command in _RELATIONS:
        return Token(command, 13.3, "relation" if command in _RELATIONS[3:7] else ""), end
    if name in (",", ";"):
        return Token(command, _WIDE[name], "factor" if name == "," else "where"), end
    if name in ("sum", "prod"):
        return Token(command, _WIDE[name], "total"), end
    if name == "frac":
        (above, middle), (below, last) = _argument(formula, end), (None, end)
        below, last = _argument(formula, middle)
        return Token(formula[end - len(command) : last], max(width(above), width(below)) + 2.4), last
    if name in ("sqrt", "hat", "overline", "mathrm", "text", "operatorname", "substack"):
        inner, last = _argument(formula, end)
        own = {"sqrt": width(inner) + 8.5, "hat": width(inner), "overline": width(inner)}
        return Token(formula[end - len(command) : last], own.get(name, 4.9 * len(inner))), last
    wide = 6.0 * len(name) if name in _WORDS else _WIDE.get(name, 6.0)
    return Token(command, wide), end


def _argument(formula: str, at: int) -> tuple[str, int]:
    end = _closing(formula, at, "{", "}")
    return formula[at + 1 : end - 1], end


def _of_environment(name: str, inner: str) -> float:
    """Width of rows of cells: of each column its widest cell."""
    cells: list[list[float]] = [[0.0]]
    for token in _tokens(inner):
        if token.source == r"\\":
            cells.append([0.0])
        elif token.source == "&":
            cells[-1].append(0.0)
        else:
            cells[-1][-1] += token.width
    columns = max(map(len, cells))
    widest = (max(row[i] for row in cells if i < len(row)) for i in range(columns))
    return sum(widest) + 10 * (columns - 1) + (12 if name in ("cases", "bmatrix") else 0)


def _closing(formula: str, at: int, opening: str, closing: str) -> int:
    """Where what opens at a place has been closed."""
    depth = 0
    for found in re.compile(f"{re.escape(opening)}|{re.escape(closing)}").finditer(formula, at):
        depth += 1 if found[0] == opening else -1
        if depth == 0:
            return found.end()
    return len(formula)
