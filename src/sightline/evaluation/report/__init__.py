"""The report: one HTML file with figures, curves and pictures, and nothing from outside."""

from sightline.evaluation.report.page import write_report

__all__ = ["write_report"]
