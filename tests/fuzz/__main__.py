"""Models changed at random until the time is over: ``python -m tests.fuzz --minutes 60``; Ctrl-C ends it earlier."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from tests.fuzz import corpus
from tests.fuzz.loop import Tally, keep, run
from tests.fuzz.targets import TARGETS

EVERY = 60
"""Seconds between two lines."""


def main() -> int:
    """Fuzz, print what was found, and keep the models that led to it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--target", choices=TARGETS, default="import")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9)
    parser.add_argument(
        "--small", action="store_true", help="without ONNX's own cases, which take half a minute to make"
    )
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="folder for what is found")
    given = parser.parse_args()
    print(f"seed {given.seed}, target {given.target}", flush=True)
    tally, said = Tally(), [time.monotonic()]

    def done(tally: Tally) -> bool:
        if time.monotonic() - said[0] > EVERY:
            said[0] = time.monotonic()
            print(tally, flush=True)
        return tally.seconds > 60 * given.minutes

    try:
        models = corpus.models() + ([] if given.small else corpus.node_cases())
        run(TARGETS[given.target], models, given.seed, done, tally)
    except KeyboardInterrupt:
        print("stopped", flush=True)
    print(tally)
    if tally.findings:
        keep(tally, given.keep)
        print(f"models and traces are in {given.keep}")
    return int(bool(tally.findings))


if __name__ == "__main__":
    raise SystemExit(main())
