"""The estimates of the evaluation: from the analytic sample to the working tables that results are built from."""

from elevate.estimating.steps import estimate

__all__ = ["estimate"]
