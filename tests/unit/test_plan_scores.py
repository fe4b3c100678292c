"""Score tables: what is read from them and what is refused."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import DataError, DuplicateKeyError, MissingColumnError, MissingFileError
from pipeline.planning.scores import read_scores
from tests.plan_case import AS_OF, scores


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"nowhere\.parquet"):
        read_scores(tmp_path / "nowhere.parquet")


def test_a_missing_column_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        MissingColumnError, match=r"column not found: 'loss_if_defect'\. Did you mean loss_if_defects\?"
    ):
        read_scores(scores(2).rename(columns={"loss_if_defect": "loss_if_defects"}))


def test_a_customer_scored_twice_is_refused() -> None:
    with pytest.raises(DuplicateKeyError, match="'c00000'"):
        read_scores(pd.concat([scores(2), scores(1)]))


def test_scores_of_several_snapshots_are_refused() -> None:
    table = scores(2, as_of=pd.to_datetime(["2026-03-02", "2026-02-02"]))
    with pytest.raises(DataError, match=r"several snapshots.*2026-03-02 00:00:00, 2026-02-02"):
        read_scores(table)


def test_scores_of_another_snapshot_than_the_plans_are_refused() -> None:
    with pytest.raises(DataError, match=r"not all of the plan's snapshot.*Score the customers at 2026-04-01"):
        read_scores(scores(2), datetime(2026, 4, 1))


def test_an_empty_table_needs_its_snapshot_named() -> None:
    with pytest.raises(DataError, match="do not say of which snapshot"):
        read_scores(scores(2).iloc[:0])
    assert len(read_scores(scores(2).iloc[:0], AS_OF)) == 0


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("risk", "high", r"risk, row 1: 2 values are not a number, first: 'high'"),
        ("risk", 7.0, r"risk, row 1: is no share between 0 and 1: 7\.0"),
        ("risk", np.nan, r"2 at risk have no risk, first: 'c00000'. Score again"),
        ("type_price", -0.5, r"type_price, row 1: is no share between 0 and 1: -0\.5"),
        ("loss_if_defect", "dear", r"loss_if_defect, row 1: 2 values are not a number"),
        ("as_of", "soon", r"as_of, row 1: 2 values are not a date, first: 'soon'"),
        ("status", "at risk", r"2 rows have no known status, first: 'at risk'\. Did you mean at_risk\?"),
    ],
)
def test_values_that_are_none_of_a_score_are_refused_with_their_row(column: str, value: object, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_scores(scores(2).astype({column: "object"}).assign(**{column: value}))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("scores.xlsx", "PK", r"is neither CSV nor Parquet: '.*xlsx'"),
        ("scores.csv", "", "the file is empty"),
        ("scores.parquet", "nothing", "cannot be read"),
    ],
)
def test_a_file_that_is_no_table_is_refused(name: str, content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_scores(tmp_path / name)


@pytest.mark.parametrize("name", ["scores.csv", "scores.parquet"])
def test_a_file_reads_like_the_table_it_was_written_from(name: str, tmp_path: Path) -> None:
    table, path = scores(5), tmp_path / name
    if path.suffix == ".csv":
        reasons = table["reasons"].map(lambda items: pd.Series(items).to_json(orient="values"))
        table.assign(reasons=reasons).to_csv(path, index=False)
    else:
        table.to_parquet(path)
    read = read_scores(path)
    assert read.as_of == AS_OF
    assert read.frame["customer_id"].tolist() == table["customer_id"].tolist()
    assert read.frame["risk"].to_numpy() == pytest.approx(table["risk"].to_numpy())
    assert read.reason_texts(np.array([0, 4])) == ["complained twice", "complained twice"]


def test_ids_of_digits_keep_their_zeros(tmp_path: Path) -> None:
    scores(2, customer_id=["007", "012"]).drop(columns="reasons").to_csv(tmp_path / "scores.csv", index=False)
    assert read_scores(tmp_path / "scores.csv").frame["customer_id"].tolist() == ["007", "012"]


def test_a_table_without_optional_columns_is_enough() -> None:
    table = scores(3)[["customer_id", "as_of", "status", "risk", "loss_if_defect"]]
    read = read_scores(table)
    assert read.frame["type_unknown"].tolist() == [1.0] * 3
    assert read.reason_texts(np.array([0])) == [""]
