"""Networks are trained: initialised, descended, stored, and taken over for another task; small ones, in NumPy."""

from cnnmath.training.augment import Shifts, shifted
from cnnmath.training.evaluate import Score, evaluate
from cnnmath.training.fit import Fitted, fit
from cnnmath.training.history import Epoch, History
from cnnmath.training.initialise import fans, initialise
from cnnmath.training.optimise import SGD, Adam
from cnnmath.training.store import load, save
from cnnmath.training.transfer import Transferred, transfer

__all__ = [
    "SGD",
    "Adam",
    "Epoch",
    "Fitted",
    "History",
    "Score",
    "Shifts",
    "Transferred",
    "evaluate",
    "fans",
    "fit",
    "initialise",
    "load",
    "save",
    "shifted",
    "transfer",
]
