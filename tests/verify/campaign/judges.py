"""Judges that behave and misbehave; the processes of a campaign import this module, so that it imports little."""

import os
import signal
import time
from pathlib import Path


def plain(key):
    """Not certified where the number of the key is a multiple of 7."""
    number = int(key.split("/")[1])
    return {"certified": number % 7 != 0, "number": number}


def unequal(key):
    """As plain, but the first settings take the longest."""
    time.sleep(0.02 if plain(key)["number"] < 4 else 0)
    return plain(key)


def noted(notes, key):
    """As plain, with a note of every call: a file for each."""
    note(notes, key)
    return plain(key)


def note(notes, key):
    """One more call for this key; how many there were before."""
    before = calls(notes).count(key)
    (Path(notes) / f"{key.replace('/', '_')}.{before}").touch()
    return before


def calls(notes):
    """The keys that a judge was called with, each as often as it was."""
    return sorted(path.stem.replace("_", "/") for path in Path(notes).iterdir())


def kill():
    """The end of this process, as the operating system does it."""
    os.kill(os.getpid(), signal.SIGKILL)


def once_killed(notes, victim, key):
    """The process dies at the first call for the victim."""
    if note(notes, key) == 0 and key == victim:
        kill()
    return plain(key)


def killing(notes, victim, key):
    """The process dies at every call for the victim."""
    note(notes, key)
    if key == victim:
        kill()
    return plain(key)


def hanging(notes, victim, key):
    """No answer for the victim."""
    note(notes, key)
    if key == victim:
        time.sleep(600)
    return plain(key)


def slow(notes, key):
    """As noted, and it takes its time."""
    time.sleep(0.05)
    return noted(notes, key)


def stopping(notes, key):
    """Ctrl-C at the sixth call."""
    if len(calls(notes)) == 5:
        note(notes, "K/stop")
        raise KeyboardInterrupt
    return noted(notes, key)


def raising(key):
    """Several ways not to give a record."""
    match key:
        case "raise":
            raise ValueError("no such window at 0x7f1234")
        case "exit":
            raise SystemExit(3)
        case "nothing":
            return None
        case "unsaid":
            return {"certified": 1}
        case "set":
            return {"certified": True, "taps": {1, 2}}
        case "nan":
            return {"certified": True, "error": float("nan")}
        case "tuple":
            return {"certified": True, "shape": (2, 3)}
    return {"certified": True}


def threads(_):
    """How many threads a library may use here, and the package's kernels."""
    from threadpoolctl import threadpool_info

    from cnnmath.numeric.engine import current

    blas = [pool["num_threads"] for pool in threadpool_info()]
    return {"certified": True, "blas": blas, "own": current().workers, "openmp": os.environ["OMP_NUM_THREADS"]}
