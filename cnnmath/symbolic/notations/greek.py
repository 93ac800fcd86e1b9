"""Greek letters by their names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

GREEK: Mapping[str, str] = MappingProxyType({
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "psi": "ψ",
    "omega": "ω", "Delta": "Δ", "Pi": "Π", "Omega": "Ω",
})  # fmt: skip
"""Names that symbols and arrays of formulas may have, with their letters."""
