"""What every risk candidate must keep: reasons that add up, text that loads to the same model, the same bytes again."""

from collections.abc import Callable

import numpy as np
import pytest

from models.additive import Additive
from models.baselines import fit_base_rate, fit_single_rule
from models.blend import Blend
from models.boosting import Boosting, Trees, fit_boosters
from models.calibration import Sigmoid
from models.candidate import Candidate
from models.logistic import BENDS, fit_logistic
from models.rows import Rows
from models.settings import LinearShape, TreeShape
from tests.planted import planted_rows

SHAPE = TreeShape(name="test", leaves=6, depth=3, rate=0.1, leaf_rows=10)


def boosting(rows: Rows) -> Boosting:
    return Boosting(fit_boosters(rows, Trees(SHAPE, 0, 1), 20, bags=3), 1)


def blend(rows: Rows) -> Blend:
    linear = fit_logistic(rows, LinearShape(name="cubic", bend="cubic"))
    return Blend(((0.6, boosting(rows)), (0.4, linear)), Sigmoid(0.8, -0.2))


def logistic(bend: str) -> Callable[[Rows], Candidate]:
    return lambda rows: fit_logistic(rows, LinearShape.model_validate({"name": bend, "bend": bend}))


FITS: dict[str, Callable[[Rows], Candidate]] = {
    "base_rate": fit_base_rate,
    "single_rule": fit_single_rule,
    **{f"logistic_{bend}": logistic(bend) for bend in BENDS},
    "boosting": boosting,
    "blend": blend,
}
LOADERS = {"additive": Additive.load, "boosting": Boosting.load, "blend": Blend.load}


@pytest.fixture(params=FITS, name="fit")
def _fit(request: pytest.FixtureRequest) -> Callable[[Rows], Candidate]:
    return FITS[request.param]


@pytest.fixture(name="rows")
def _rows() -> Rows:
    return planted_rows(800)


def unseen() -> np.ndarray:
    """Rows of other customers, some with levels, numbers and gaps that training never saw."""
    X = planted_rows(200, seed=9).X
    X[0] = np.nan
    X[1] = [1e9, -1e9, 2, 0]
    X[2, 1] = np.nan
    return X


def test_effects_and_base_add_up_to_the_log_odds(fit: Callable[[Rows], Candidate], rows: Rows) -> None:
    model = fit(rows)
    effects = model.contributions(unseen())
    assert effects.shape == (200, rows.columns + 1)
    np.testing.assert_allclose(effects.sum(axis=1), model.log_odds(unseen()), rtol=1e-9, atol=1e-9)


def test_the_base_is_the_same_for_everybody(fit: Callable[[Rows], Candidate], rows: Rows) -> None:
    assert np.ptp(fit(rows).contributions(unseen())[:, -1]) == 0


def test_every_row_gets_a_finite_score(fit: Callable[[Rows], Candidate], rows: Rows) -> None:
    assert np.isfinite(fit(rows).log_odds(unseen())).all()


def test_what_is_stored_is_text_and_loads_to_the_same_model(fit: Callable[[Rows], Candidate], rows: Rows) -> None:
    model = fit(rows)
    parts = model.dump()
    assert all(content.decode("utf-8").isprintable() or name.endswith(".txt") for name, content in parts.items())
    loaded = LOADERS[model.kind](parts)
    np.testing.assert_array_equal(loaded.log_odds(unseen()), model.log_odds(unseen()))
    assert loaded.dump() == parts


def test_the_same_rows_give_the_same_bytes(fit: Callable[[Rows], Candidate], rows: Rows) -> None:
    assert fit(rows).dump() == fit(rows).dump()


def test_weights_count_like_repeated_rows(fit: Callable[[Rows], Candidate], rows: Rows) -> None:
    heavier = fit(Rows(rows.X, rows.y, rows.customers, rows.categories, 1 + 9 * rows.y))
    assert heavier.log_odds(rows.X).mean() > fit(rows).log_odds(rows.X).mean() + 0.5


def test_the_fits_of_a_bag_differ(rows: Rows) -> None:
    parts = boosting(rows).dump()
    assert len({content for name, content in parts.items() if name.endswith(".txt")}) == 3
