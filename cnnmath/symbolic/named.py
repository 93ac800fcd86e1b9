"""The gradient of an operator whose sentence names numbers on the way: a mean, a variance, the gates of a memory.

Each name has a step of its own, and so has the gradient by it. They come in the order in which a backward pass computes
them, and each is what those pass on that read the name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from cnnmath.symbolic import together
from cnnmath.symbolic.collapse import collapse
from cnnmath.symbolic.derivation import Step, step
from cnnmath.symbolic.differentiate import jacobian
from cnnmath.symbolic.evaluate import Entry
from cnnmath.symbolic.indices import gradient_indices, output_at
from cnnmath.symbolic.lets import MEANINGS, Let
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.reader import Symbolic, numbered, read
from cnnmath.symbolic.renamed import alike, free, unprimed
from cnnmath.symbolic.terms import Expr, Sigma, entries, entry_at, index


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence read with symbols, its names kept.

    Attributes
    ----------
    entry
        An entry, whose indices were named ahead of all others.
    at, bound
        Position of the output, and the indices it is made of.
    y, lets
        Formula of the output, and the numbers that the sentence names, each behind those that it reads.
    """

    entry: Entry
    at: Sequence[Expr]
    bound: Sequence[sp.Symbol]
    y: Expr
    lets: Mapping[str, Let]
    reader: Symbolic

    @classmethod
    def of(cls, letters: Letters, entry: Entry = ((), {}), *, outputs: bool = False) -> Reading:
        """Read an operator's sentence; the entry's indices get their names first.

        With ``outputs``, each index of the output is one symbol, also where it is made of several.
        """
        reader, shape = Symbolic(lets={}, called=True), letters.shapes["y"]
        symbols = {symbol: reader.bind(str(symbol), extent) for symbol, extent in entry[1].items()}
        entry = [sp.sympify(i).xreplace(symbols) for i in entry[0]], dict(reader.ranges)
        if outputs:
            names = [*letters.op.indices, *numbered("o", len(shape) - 2)]
            at = tuple(reader.bind(*pair) for pair in zip(names, shape, strict=True))
            bound = [symbol for symbol in at if isinstance(symbol, sp.Symbol)]
        else:
            at, bound = output_at(letters.padded, shape, letters.operands, reader)
        y = read(letters.padded, letters.operands, at, reader)
        return cls(entry, at, bound, y, reader.lets or {}, reader)

    def over(self, expr: Expr) -> dict[sp.Symbol, Expr]:
        """Ranges of the indices that a formula reads."""
        found = free(expr)
        return {symbol: extent for symbol, extent in self.reader.ranges.items() if symbol in found}


def definitions(reading: Reading) -> list[Step]:
    """A step for each number that the sentence names, in an order in which they can be computed."""
    steps = (
        step(let.name.capitalize(), MEANINGS[let.name].words, let.entry, let.value, reading.over(let.entry))
        for let in reading.lets.values()
    )
    return list(map(_tidied, steps))


def definition(reading: Reading) -> tuple[Entry, Step]:
    """The output, as a formula of what the sentence names."""
    ranges = reading.over(sp.Tuple(*reading.at))
    rule = "the operator's sentence, read with symbols."
    return (reading.at, ranges), _tidied(step("Definition", rule, entry_at("y", reading.at), reading.y, ranges))


def gradients(letters: Letters, plain: Reading, wrt: str) -> tuple[Entry, *tuple[Step, ...]]:
    """Steps to the gradient by an operand: by each name on the way to it, the last name first.

    Where one of them is an average, all is put together at the end: what its numbers share is then seen.
    """
    known = {let.array: let for let in plain.lets.values()}
    way = [let for let in known.values() if _leads(let, wrt, known)]
    steps: list[Step] = []
    for let in reversed(way):
        _, passed = _passed(letters, f"By the {let.name}", let.array, (let.entry.indices, plain.over(let.entry)))
        steps += together.without_deviations(passed, let)
    entry, last = _passed(letters, f"By {wrt}", wrt, _operand(letters, plain, wrt))
    steps.append(last)
    if any(map(together.is_average, way)):
        whole = Reading.of(letters, outputs=True)
        right = together.put_in(last, steps, whole.lets.values(), wrt)
        rule = "put all in: what the numbers that are normalised together share is taken away from each of them."
        steps.append(step("Together", rule, last.left, right, last.over))
    return entry, *map(_tidied, steps)


def _operand(letters: Letters, plain: Reading, wrt: str) -> Entry:
    """Entry of an operand; one that has the output's shape is indexed as the output is."""
    shape = letters.operands[wrt]
    if shape == letters.shapes["y"]:
        inputs = {symbol: index(str(symbol).replace("o", "j")) for symbol in plain.bound}
        ranges = {inputs[symbol]: plain.reader.ranges[symbol] for symbol in plain.bound}
        return [sp.sympify(i).xreplace(inputs) for i in plain.at], ranges
    names = map(index, gradient_indices(letters.padded, wrt, len(shape)))
    axes = dict(zip(names, shape, strict=True))
    return list(axes), axes


def _leads(let: Let, wrt: str, known: Mapping[str, Let]) -> bool:
    """Whether a named number depends on an operand, itself or through others."""
    read = {str(entry.base) for entry in let.value.atoms(sp.Indexed)}
    return wrt in read or any(_leads(known[name], wrt, known) for name in read & known.keys())


def _passed(letters: Letters, title: str, wrt: str, entry: Entry) -> tuple[Entry, Step]:
    """The gradient by an operand or a named number: what all that read it pass on."""
    reading = Reading.of(letters, entry)
    indices, ranges = reading.entry
    x = entry_at(wrt, indices)
    output = Let("output", entry_at("y", reading.at), reading.y)
    readers = [let for let in (*reading.lets.values(), output) if entries(let.value, wrt)]
    total = sp.Add(*(_through(letters, reading, let, x) for let in readers))
    rule = f"{_listed([f'the {let.name}' for let in readers])} {'read' if len(readers) > 1 else 'reads'} it"
    rule += ", and passes its gradient on." if len(readers) == 1 else ": their gradients add up."
    return reading.entry, step(title, rule, entry_at(f"dL/d{wrt}", indices), total, ranges)


def _through(letters: Letters, reading: Reading, let: Let, x: Expr) -> Expr:
    """What one reader of an entry passes on to it."""
    over = reading.over(let.entry)
    over = {symbol: extent for symbol, extent in over.items() if symbol not in reading.entry[1]}
    above = entry_at(f"dL/d{let.entry.base}", let.entry.indices)
    slope = _by_name(jacobian(let.value, x, reading.at, reading.reader), let)
    summed = Sigma(above * slope, over.items()) if over else above * slope
    return collapse(summed, list(over), reading.entry[1], letters.definitions)


def _by_name(slope: Expr, let: Let) -> Expr:
    """The slope of a named number, which stands in it under its name: the derivative of a gate is made of the gate."""
    return slope.replace(lambda part: part.func == let.value.func and alike(part, let.value), lambda _: let.entry)


def _tidied(step: Step) -> Step:
    """A step with as few primes as there can be."""
    taken = [str(symbol) for symbol, _ in step.over]
    return replace(step, left=unprimed(step.left, taken), right=unprimed(step.right, taken))


def _listed(parts: Sequence[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
