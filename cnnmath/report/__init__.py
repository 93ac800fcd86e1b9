"""Reports: what `cnnmath report` writes, and what the documentation is made of."""

from cnnmath.report.build import Report, Section, build
from cnnmath.report.write import write_report

__all__ = ["Report", "Section", "build", "write_report"]
