"""Reports: what `cnnmath report` writes, and what the documentation is made of."""

from cnnmath.report.build import Report, Section, Setting, build, settings, write_report

__all__ = ["Report", "Section", "Setting", "build", "settings", "write_report"]
