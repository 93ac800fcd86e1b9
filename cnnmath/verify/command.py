"""What a command line asks of kernels: which, of which operator, at which settings, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, get_args

from cnnmath import numeric, ops
from cnnmath.errors import SettingError
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.ops.notation import parse
from cnnmath.verify.adapter import Adapter, Layout, Order
from cnnmath.verify.guard import LIMIT as ONE_CALL
from cnnmath.verify.kernels_campaign import LIMIT, campaign
from cnnmath.verify.kernels_report import KernelCampaign
from cnnmath.verify.ladder import ALL, verify
from cnnmath.verify.load import kind_of, load
from cnnmath.verify.search import RUNGS, search
from cnnmath.verify.subject import Subject, under_test
from cnnmath.verify.verdict import NoPower, Verdict


@dataclass(frozen=True, slots=True)
class Command:
    """The words of a command line.

    Attributes
    ----------
    what
        ``module:function``, an operator for the package's own kernel, or None for all of these.
    op
        A setting of an operator, or its name for all settings; None where the function's name says it.
    inputs, wrt, dtype, layout, weights, examples, rungs, claim, seed, limit, rank
        As `verify`, `search` and `Adapter` take them; a limit of None is the usual one.
    """

    what: str | None
    op: str | None = None
    inputs: tuple[Shape, ...] = ()
    wrt: tuple[str, ...] = ()
    dtype: str = "float64"
    layout: str = "NCHW"
    weights: str | None = None
    examples: int = 100
    rungs: tuple[int, ...] = ()
    claim: Any = "operator"
    seed: int = 0
    limit: float | None = None
    rank: int | None = None

    def tasks(self) -> list[tuple[str, Callable[[], Verdict]]]:
        """What is to be judged, by name; nothing is yet."""
        if self.what is None or ":" not in self.what:
            kinds = [ops.named(self.what)] if self.what else [self._kind()] if self.op else list(ops.ALL)
            return [(kind.__name__, lambda kind=kind: self._judge(numeric.KERNELS[kind], kind)) for kind in kinds]
        kernel = self._adapted(load(self.what))
        return [(kernel.name, lambda: self._judge(kernel, self._kind(kernel.name)))]

    def campaign(self, settings: int, workers: int | None, log: str | None) -> KernelCampaign:
        """Judge very many settings, and show how far it is."""
        if self.inputs or (self.op and "(" in self.op):
            raise SettingError(
                "a campaign goes over all settings of an operator, and one is given.",
                fix="name the operator alone, for example --op conv; or leave out --settings, --workers and --log",
            )
        own = self.what is None or ":" not in self.what
        kinds = [self._kind()] if self.op else [ops.named(self.what)] if own and self.what else None
        self._check_known()
        return campaign(
            None if own else self.what,
            kinds,
            settings,
            wrt=self.wrt or None,
            dtype=self.dtype,
            layout=self.layout,  # type: ignore[arg-type]
            weights=self.weights,  # type: ignore[arg-type]
            rungs=self.rungs or RUNGS,
            seed=self.seed,
            workers=workers,
            log=log,
            progress=True,
            limit=LIMIT if self.limit is None else self.limit,
        )

    @property
    def one(self) -> bool:
        """Whether one kernel is asked for, and not all."""
        return self.what is not None or self.op is not None

    def _judge(self, kernel: Any, kind: type[Operator]) -> Verdict:
        how: dict[str, Any] = {"wrt": self.wrt or None, "limit": ONE_CALL if self.limit is None else self.limit}
        if isinstance(kernel, numeric.Kernel):
            kernel = replace(under_test(kernel, self.dtype), title=f"the package's {kind.__name__}")  # type: ignore[type-var]
        if self.op is not None and "(" in self.op:
            how |= {"rungs": self.rungs or ALL, "claim": self.claim, "seed": self.seed}
            return _in_a_shell(verify(kernel, parse(self.op), *self.inputs, **how))
        if self.inputs:
            raise SettingError(
                "inputs are given, and no setting of an operator.",
                here=f"--input {' '.join('x'.join(map(str, x)) for x in self.inputs)}",
                fix='name one, for example --op "conv(4, 3, padding=1)"',
            )
        return search(kernel, kind, self.examples, rungs=self.rungs or RUNGS, rank=self.rank, **how)

    def _kind(self, name: str = "") -> type[Operator]:
        if self.op is None:
            return kind_of(name)
        return type(parse(self.op)) if "(" in self.op else ops.named(self.op)

    def _adapted(self, kernel: Any) -> Subject:
        """The kernel with the layout, the order of weights and the dtype that are asked for."""
        self._check_known()
        adapted = under_test(kernel, self.dtype)
        if not isinstance(adapted, Adapter) or adapted is kernel:
            return adapted
        return replace(adapted, layout=self.layout, weights=self.weights)

    def _check_known(self) -> None:
        for option, value, known in (
            ("layout", self.layout, get_args(Layout)),
            ("weights", self.weights, (None, *get_args(Order))),
        ):
            if value not in known:
                raise SettingError(
                    f"--{option} {value} is none that is known.", rule=f"one of {', '.join(v for v in known if v)}"
                )


def _in_a_shell(verdict: Verdict) -> Verdict:
    """The same verdict; what would tell more is said in options."""
    if not (isinstance(verdict, NoPower) and verdict.better):
        return verdict
    inputs = (" ".join(f"--input {'x'.join(map(str, x))}" for x in case.inputs) for case in verdict.better)
    return replace(verdict, fix=f"{' or '.join(inputs)}, or --claim shapes to certify these shapes alone")
