"""Campaigns over kernels: very many settings of one operator or of several, each judged by climbing the ladder."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from cnnmath import numeric, ops
from cnnmath.errors import SettingError
from cnnmath.ops import Operator
from cnnmath.ops.checks import integer
from cnnmath.verify.adapter import Adapter, Layout, Order
from cnnmath.verify.campaign import Record, run
from cnnmath.verify.campaign.judging import steady
from cnnmath.verify.kernels_report import KernelCampaign
from cnnmath.verify.keys import case_of, keys
from cnnmath.verify.ladder import climb
from cnnmath.verify.load import kind_of, load
from cnnmath.verify.search import RUNGS
from cnnmath.verify.subject import Subject, under_test
from cnnmath.verify.verdict import Certificate, Counterexample

LIMIT = 60.0
"""Seconds that one setting may take, where nothing else is said."""


def campaign(
    kernel: Any,
    kinds: type[Operator] | Sequence[type[Operator]] | None = None,
    settings: int = 10_000,
    *,
    wrt: str | Sequence[str] | None = None,
    dtype: str | None = None,
    layout: Layout = "NCHW",
    weights: Order | None = None,
    rungs: Sequence[int] = RUNGS,
    seed: int = 0,
    executor: Executor | None = None,
    workers: int | None = None,
    log: str | Path | None = None,
    progress: bool | Callable[[int, int, str], None] = False,
    limit: float | None = LIMIT,
) -> KernelCampaign:
    """Judge a kernel at very many settings.

    Parameters
    ----------
    kernel
        ``"module:function"``, which each process loads for itself; or what `verify` takes, where it can be pickled; or
        None for the package's own kernels.
    kinds
        One operator or several; by default the one that the function is named after, and of the package's own all.
    settings
        How many: for each operator an equal share, those first that cover all pairs of classes. Where the spaces of all
        operators are exhausted, there are fewer.
    wrt, dtype, rungs, seed
        As `verify` takes them.
    layout, weights
        As `Adapter` takes them.
    executor, workers, log, progress
        As `cnnmath.verify.campaign.run` takes them.
    limit
        Seconds that one setting may take; its process is ended then, and that is a counterexample. Where there are no
        processes to end, with an executor or ``workers=0``, that one call of the kernel may take.

    Returns
    -------
    KernelCampaign
        A report by operator. It is the same whoever judged, and after any interruption.

    Notes
    -----
    *Conventions.* The log belongs to the source of the kernel: of a file that was edited, nothing is gone on with. What
    the file imports is not looked at.

    Examples
    --------
    >>> campaign(None, [ops.ReLU, ops.Flatten], 20, workers=0)  # doctest: +ELLIPSIS
    the package's kernels, float64, rungs 2 (source ...): 20 of 20 settings certified
      ReLU     10 of 10  exact 10
      Flatten  10 of 10  exact 10
    """
    wanted = (wrt,) if isinstance(wrt, str) else None if wrt is None else tuple(wrt)
    own_processes = executor is None and workers != 0
    judge = Judge(kernel, wanted, dtype, layout, weights, tuple(rungs), seed, None if own_processes else limit)
    chosen = keys(_kinds(judge, kinds), integer("number of settings", settings, 1))
    found = run(
        judge,
        chosen,
        name=judge.name,
        executor=executor,
        workers=workers,
        log=log,
        progress=progress,
        limit=limit if own_processes else None,
    )
    return KernelCampaign(found.name, found.settings, found.records, found.stopped)


@dataclass(frozen=True, slots=True)
class Judge:
    """From the key of a setting to what the ladder says of a kernel there; it loads the kernel wherever it arrives."""

    kernel: Any
    wrt: tuple[str, ...] | None = None
    dtype: str | None = None
    layout: Layout = "NCHW"
    weights: Order | None = None
    rungs: tuple[int, ...] = RUNGS
    seed: int = 0
    limit: float | None = None
    loaded: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        loaded = load(self.kernel) if isinstance(self.kernel, str) else self.kernel
        object.__setattr__(self, "loaded", loaded if loaded is None else self._adapted(under_test(loaded, self.dtype)))

    def __reduce__(self) -> tuple[Any, ...]:
        how = (self.wrt, self.dtype, self.layout, self.weights, self.rungs, self.seed, self.limit)
        return Judge, (self.kernel, *how)

    def __call__(self, key: str) -> Record:
        """What is found at a setting, without any time."""
        case = case_of(key)
        subject = self._package(type(case.op)) if self.loaded is None else self.loaded
        verdict = climb(subject, case, wrt=self.wrt, rungs=self.rungs, seed=self.seed, limit=self.limit)
        if isinstance(verdict, Certificate):
            return {"certified": True, "verdict": "certificate", "rung": verdict.rung, "finding": ""}
        report = steady(repr(verdict))
        if isinstance(verdict, Counterexample):
            found = {"verdict": "counterexample", "rung": verdict.finding.rung, "finding": steady(verdict.finding.fact)}
        else:
            found = {"verdict": "no power", "rung": None, "finding": "; ".join(verdict.why)}
        return {"certified": False, **found, "report": report}

    @property
    def name(self) -> str:
        """All that the verdicts depend on."""
        said = [self.title, *(["wrt " + " ".join(self.wrt)] if self.wrt else [])]
        said += [self.dtype or getattr(self.loaded, "dtype", "float64"), f"rungs {' '.join(map(str, self.rungs))}"]
        said += [self.layout] if self.layout != "NCHW" else []
        said += [f"w {self.weights}"] if self.weights else []
        said += [f"seed {self.seed}"] if self.seed else []
        return f"{', '.join(said)} (source {digest(self.loaded)})"

    @property
    def title(self) -> str:
        """What a report calls the kernel."""
        if self.loaded is None:
            return "the package's kernels"
        return self.kernel if isinstance(self.kernel, str) else self.loaded.name

    def _package(self, kind: type[Operator]) -> Subject:
        return replace(under_test(numeric.KERNELS[kind], self.dtype), title=f"the package's {kind.__name__}")  # type: ignore[type-var]

    def _adapted(self, subject: Subject) -> Subject:
        if (self.layout, self.weights) == ("NCHW", None):
            return subject
        if not isinstance(subject, Adapter):
            raise SettingError("a layout or an order of weights is given for what is no function.", here=subject.name)
        return replace(subject, layout=self.layout, weights=self.weights)


def digest(kernel: Any) -> str:
    """Twelve letters that change with the source of a kernel: with the file that it is in, where there is one.

    Examples
    --------
    >>> len(digest(keys)), digest(keys) == digest(case_of), digest(keys) == digest(climb)
    (12, True, False)
    """
    return sha256(_source(kernel)).hexdigest()[:12]


def _source(kernel: Any) -> bytes:
    if kernel is None:
        files = sorted(Path(numeric.__file__).parent.rglob("*.py"))
        return b"".join(file.read_bytes() for file in files)
    within = {Adapter: "function", partial: "func", numeric.Kernel: "forward"}
    if (name := within.get(type(kernel)) or ("kernel" if hasattr(kernel, "kernel") else "")) != "":
        return _source(getattr(kernel, name))
    function = inspect.unwrap(kernel) if callable(kernel) else kernel
    try:
        file = inspect.getsourcefile(function if inspect.isroutine(function) else type(function))
        return Path(file).read_bytes() if file and Path(file).is_file() else inspect.getsource(function).encode()
    except (TypeError, OSError):
        return steady(repr(kernel)).encode()


def _kinds(judge: Judge, kinds: type[Operator] | Sequence[type[Operator]] | None) -> Sequence[type[Operator]]:
    if isinstance(kinds, type):
        return (kinds,)
    if kinds is None:
        return ops.ALL if judge.loaded is None else (kind_of(judge.loaded.name),)
    if not kinds:
        raise SettingError("no operator is given.", fix="give at least one, or None for that of the function's name")
    return kinds
