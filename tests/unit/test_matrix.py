"""The matrix a model reads."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.errors import DataError, EmptyTableError, MissingColumnError, ModelMismatchError
from models.matrix import Columns, encode, fit_columns

KINDS = {"days": "number", "channel": "category", "same": "number", "never": "number"}


def table(**changed: object) -> pa.Table:
    columns = {
        "customer_id": ["a", "b", "c", "d"],
        "days": [1.0, None, float("inf"), 4.0],
        "channel": ["web", "post", "web", None],
        "same": [7.0, 7.0, 7.0, 7.0],
        "never": pa.array([None] * 4, pa.float64()),
    }
    return pa.table(columns | changed)


def test_columns_that_never_change_are_dropped_and_named() -> None:
    columns = fit_columns(table(), KINDS)
    assert columns.names == ("days", "channel")
    assert columns.dropped == ("same", "never")


def test_a_column_with_one_value_and_null_is_kept_because_null_says_something() -> None:
    assert "same" in fit_columns(table(same=[7.0, None, 7.0, 7.0]), KINDS).names


def test_levels_are_frozen_most_frequent_first_and_cut_at_the_limit() -> None:
    assert fit_columns(table(), KINDS).levels == {"channel": ("web", "post")}
    assert fit_columns(table(), KINDS, max_levels=1).levels == {"channel": ("web",)}


def test_null_unknown_levels_and_infinity_are_missing() -> None:
    columns = fit_columns(table(), KINDS)
    matrix = encode(table(channel=["post", "fax", None, "web"]), columns)
    np.testing.assert_array_equal(matrix, [[1, 1], [np.nan, np.nan], [np.nan, np.nan], [4, 0]])


def test_the_order_of_the_table_does_not_matter() -> None:
    columns = fit_columns(table(), KINDS)
    shuffled = table().select(["never", "same", "channel", "days", "customer_id"])
    np.testing.assert_array_equal(encode(table(), columns), encode(shuffled, columns))


def test_a_data_frame_gives_the_same_matrix_as_the_arrow_table() -> None:
    columns = fit_columns(table(), KINDS)
    frame = table().to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert fit_columns(frame, KINDS) == columns
    np.testing.assert_array_equal(encode(frame, columns), encode(table(), columns))


def test_dictionary_encoded_categories_are_read_like_text() -> None:
    encoded = table(channel=pa.array(["web", "post", "web", None]).dictionary_encode())
    columns = fit_columns(encoded, KINDS)
    np.testing.assert_array_equal(encode(encoded, columns), encode(table(), columns))


def test_columns_survive_json() -> None:
    columns = fit_columns(table(), KINDS)
    assert Columns.from_dict(columns.to_dict()) == columns


def test_a_feature_missing_in_training_is_named() -> None:
    with pytest.raises(MissingColumnError, match="days"):
        fit_columns(table().drop_columns(["days"]), KINDS)


def test_a_feature_missing_at_scoring_is_a_mismatch() -> None:
    columns = fit_columns(table(), KINDS)
    with pytest.raises(ModelMismatchError, match="feature channel differs"):
        encode(table().drop_columns(["channel"]), columns)


def test_text_where_training_saw_a_number_is_a_mismatch() -> None:
    columns = fit_columns(table(), KINDS)
    with pytest.raises(ModelMismatchError, match="type of days differs: trained with number"):
        encode(table(days=["1", "2", "3", "4"]), columns)


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(EmptyTableError):
        fit_columns(table().slice(0, 0), KINDS)
    with pytest.raises(DataError, match="one and the same value"):
        fit_columns(table(), {"same": "number"})
