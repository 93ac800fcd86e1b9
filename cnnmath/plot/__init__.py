"""Figures of a network, and of images, for papers and lectures; they need matplotlib, the extra ``plot``."""

from cnnmath.plot.bars import costs
from cnnmath.plot.drawing import draw
from cnnmath.plot.growth import fields
from cnnmath.plot.heat import heat
from cnnmath.plot.views import views
from cnnmath.plot.write import write_figures

__all__ = ["costs", "draw", "fields", "heat", "views", "write_figures"]
