"""The operators of a network as few settings, each of which stands for many and is verified once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from cnnmath import numeric
from cnnmath.graph import Opaque, Summary
from cnnmath.graph.propagate import Layer
from cnnmath.graph.sources import Source
from cnnmath.ops import Conv, ConvTranspose, Operator
from cnnmath.ops.algebra import Shape
from cnnmath.ops.narrowed import narrowed
from cnnmath.ops.notation import describe
from cnnmath.verify.evidence import SHORT
from cnnmath.verify.guard import LIMIT
from cnnmath.verify.ladder import judge
from cnnmath.verify.strategies import Case
from cnnmath.verify.subject import under_test
from cnnmath.verify.telling import at_reduced_width
from cnnmath.verify.verdict import Certificate, NoPower, Verdict

RUNGS = (1, 2)
"""Of the ladder, where nothing else is said: what is proved, and what is exact on integers."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Operators of a network that differ in nothing but how many and how wide.

    Attributes
    ----------
    cases
        The operator that stands for them, at its telling sizes.
    nodes
        Nodes that have this setting.
    meant
        The operators that it stands for with fewer groups or smaller sizes, each once; none where it is but narrower.
    """

    cases: tuple[Case, ...]
    nodes: tuple[str, ...]
    meant: tuple[Operator, ...]

    @property
    def op(self) -> Operator:
        """The operator at its smallest width."""
        return self.cases[0].op

    @property
    def rank(self) -> int:
        """Number of spatial axes."""
        return len(self.cases[0].inputs[0]) - 2


def settings(summary: Summary) -> list[Setting]:
    """Distinct settings of a network, in order of first use; what has no sentence, or no input, has none.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> [describe(s.op) for s in settings(analyze(zoo.lenet5()))]
    ['conv(2, 5)', 'tanh()', 'averagepool(2)', 'flatten()', 'linear(3)']
    """
    found: dict[tuple[Operator, Shape], tuple[Case, ...]] = {}
    uses: dict[tuple[Operator, Shape], list[Layer]] = {}
    for layer in summary.layers:
        if not isinstance(layer.op, (Opaque, Source)):
            cases = standing_for(layer.op, *layer.input_shapes)
            key = cases[0].op, cases[0].inputs[0][1:2]  # the channels tell groups of one from groups of several
            found.setdefault(key, cases)
            uses.setdefault(key, []).append(layer)
    return [Setting(found[key], tuple(layer.name for layer in those), _meant(those)) for key, those in uses.items()]


def _meant(layers: Sequence[Layer]) -> tuple[Operator, ...]:
    """Operators of which a setting has fewer groups, or smaller sizes."""
    return tuple(dict.fromkeys(x.op for x in layers if narrowed(x.op, *x.input_shapes) != x.op))


def standing_for(op: Operator, *inputs: Shape) -> tuple[Case, ...]:
    """Few small settings that stand for an operator on inputs of a network.

    Examples
    --------
    >>> [str(case) for case in standing_for(Conv(960, 3, padding=1, groups=960), (1, 960, 7, 7))]
    ['conv(4, 3, padding=1, groups=4) on (2, 4, 5, 6)']
    """
    small = narrowed(op, *inputs)
    cases = at_reduced_width(small, len(inputs[0]) - 2)
    if isinstance(op, (Conv, ConvTranspose)) and op.groups > 1:
        return tuple(_of_groups(case, op.filters // op.groups, inputs[0][1] // op.groups) for case in cases)
    return tuple(cases)


def _of_groups(case: Case, filters: int, channels: int) -> Case:
    """A convolution in groups: of one filter or channel each where the network's has one, else of a few."""
    (n, _, *sizes), groups = case.inputs[0], case.op.groups  # type: ignore[attr-defined]
    op = replace(case.op, filters=min(filters, 2) * groups)  # type: ignore[call-arg]
    return Case(op, ((n, (1 if channels == 1 else 3) * groups, *sizes),))


def verified(
    distinct: Sequence[Setting],
    told: Callable[[int, int, str], None] = lambda *_: None,
    *,
    rungs: Sequence[int] = RUNGS,
    dtype: str | None = None,
    seed: int = 0,
    limit: float | None = LIMIT,
) -> Iterator[tuple[Setting, Verdict]]:
    """Each setting with the verdict on the package's kernel at it, one after the other.

    Parameters
    ----------
    distinct
        The settings.
    told
        Called before each of them with how many are done, how many there are, and what comes.
    rungs, dtype, seed, limit
        As `judge` and `verify` take them.
    """
    for done, setting in enumerate(distinct):
        told(done, len(distinct), describe(setting.op))
        kernel = under_test(numeric.kernel(setting.op), dtype)
        yield setting, judge(kernel, setting.cases, rungs=rungs, seed=seed, limit=limit)
    told(len(distinct), len(distinct), "")


def in_words(verdict: Verdict) -> str:
    """How far the kernel is believed, in a few words.

    Examples
    --------
    >>> from cnnmath.ops import ReLU
    >>> in_words(judge(numeric.kernel(ReLU()), standing_for(ReLU(), (1, 8, 7, 7)), rungs=RUNGS))
    'agrees exactly'
    """
    if isinstance(verdict, Certificate):
        if verdict.rung == 1:
            return "proved"
        if verdict.rung == 2:
            return "agrees exactly" if verdict.exact else "agrees to 40 digits"
        return f"agrees: {SHORT[verdict.rung]}"
    return "no power to tell" if isinstance(verdict, NoPower) else "DIFFERS"
