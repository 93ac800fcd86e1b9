"""Networks from other libraries, and to them."""

from cnnmath.interchange.model import Model

__all__ = ["Model"]
