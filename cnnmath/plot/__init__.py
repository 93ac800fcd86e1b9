"""Figures of a network, and of its training, for papers and lectures; they need matplotlib, the extra ``plot``."""

from cnnmath.plot.bars import costs
from cnnmath.plot.drawing import draw
from cnnmath.plot.growth import fields
from cnnmath.plot.heat import heat
from cnnmath.plot.learning import learning
from cnnmath.plot.write import save_figure, write_figures

__all__ = ["costs", "draw", "fields", "heat", "learning", "save_figure", "write_figures"]
