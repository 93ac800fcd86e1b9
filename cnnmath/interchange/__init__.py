"""Networks of other programs, read into architectures with their parameters."""

from cnnmath.interchange.model import Model

__all__ = ["Model"]
