"""What every risk candidate offers once it is fitted.

A candidate is fitted by a plain function and is then a frozen object. scikit-learn and LightGBM do the fitting inside
those functions; `models.estimators` puts the whole choice behind scikit-learn's own interface.
"""

from typing import Protocol

from models.arrays import FloatArray, Parts


class Candidate(Protocol):
    """A fitted model whose log-odds are a sum of one effect a column."""

    @property
    def kind(self) -> str:
        """Its name in the manifest, by which `load` finds it again."""

    def log_odds(self, X: FloatArray) -> FloatArray:
        """Log-odds of defection, shape (rows,)."""

    def contributions(self, X: FloatArray) -> FloatArray:
        """Effect of each column and, last, the base, shape (rows, columns + 1); a row sums to its `log_odds`."""

    def dump(self) -> Parts:
        """Named files of text; nothing in them runs on loading."""
