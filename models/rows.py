"""The rows a model is fitted on: matrix, target, customers, and what else each row carries."""

from dataclasses import dataclass, replace

from models.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Rows:
    """One row per customer and snapshot.

    `X` (rows, columns), `y` (rows,) the target, `customers` (rows,) whole numbers equal for the same customer,
    `categories` the positions of category columns, `weights` (rows,) or None; `times` (rows,) the snapshot and `window`
    gap plus horizon in the same unit, both None for flat data; `monotone` 1, -1 or 0 a column where the target must
    rise or fall with it, or not; empty without any such wish. `gap` of the window lies before the outcome window;
    `names` are those of the columns, where known.
    """

    X: FloatArray
    y: FloatArray
    customers: IntArray
    categories: tuple[int, ...] = ()
    weights: FloatArray | None = None
    times: IntArray | None = None
    window: int | None = None
    monotone: tuple[int, ...] = ()
    gap: int = 0
    names: tuple[str, ...] = ()

    def take(self, rows: BoolArray | IntArray) -> "Rows":
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        times = None if self.times is None else self.times[rows]
        return replace(
            self, X=self.X[rows], y=self.y[rows], customers=self.customers[rows], weights=weights, times=times
        )

    def target(self, y: FloatArray) -> "Rows":
        """The same rows with another target."""
        return replace(self, y=y)

    @property
    def columns(self) -> int:
        """Number of columns of the matrix."""
        return int(self.X.shape[1])
