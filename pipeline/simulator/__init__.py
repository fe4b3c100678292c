"""A simulated company with known truth: records that look like a firm's, and beside them what really drives them."""

from pipeline.simulator.run import SimulationSummary, simulate
from pipeline.simulator.scenarios import SCENARIOS

__all__ = ["SCENARIOS", "SimulationSummary", "simulate"]
