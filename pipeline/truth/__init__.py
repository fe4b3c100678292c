"""How near a model comes to the possible, on a simulated company. Besides the simulator, only this reads the truth."""

from pipeline.truth.evaluate import AgainstTruth, against_truth

__all__ = ["AgainstTruth", "against_truth"]
