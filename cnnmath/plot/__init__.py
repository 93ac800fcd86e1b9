"""Figures of networks, their training and images, for papers and lectures; they need matplotlib, extra ``plot``."""

from cnnmath.plot.bars import costs
from cnnmath.plot.drawing import draw
from cnnmath.plot.growth import fields
from cnnmath.plot.heat import heat
from cnnmath.plot.learning import learning
from cnnmath.plot.views import views
from cnnmath.plot.write import save_figure, write_figures

__all__ = ["costs", "draw", "fields", "heat", "learning", "save_figure", "views", "write_figures"]
