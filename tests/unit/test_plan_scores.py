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


@pytest.mark.parametrize("column", ["loss_if_defect", "expected_loss", "loss_profit"])
@pytest.mark.parametrize("name", ["scores.csv", "scores.parquet"])
def test_endless_money_is_refused(column: str, name: str, tmp_path: Path) -> None:
    table, path = scores(3).drop(columns="reasons"), tmp_path / name
    table[column] = [1.0, np.inf, 2.0]
    table.to_csv(path) if path.suffix == ".csv" else table.to_parquet(path)
    with pytest.raises(DataError, match=rf"{name}: {column}, row 2: is not an amount of money: inf"):
        read_scores(path)


def test_ids_that_look_like_no_value_are_ids(tmp_path: Path) -> None:
    table = scores(4, customer_id=["NA", "null", "nan", "None"]).drop(columns="reasons").assign(risk_band="")
    table.to_csv(tmp_path / "scores.csv", index=False)
    read = read_scores(tmp_path / "scores.csv")
    assert read.frame["customer_id"].tolist() == ["NA", "null", "nan", "None"]
    assert read.frame["risk_band"].isna().all()


@pytest.mark.parametrize("name", ["scores.csv", "scores.parquet"])
def test_a_row_without_an_id_is_refused(name: str, tmp_path: Path) -> None:
    table, path = scores(3, customer_id=["a", "b", None]).drop(columns="reasons"), tmp_path / name
    table.to_csv(path, index=False) if path.suffix == ".csv" else table.to_parquet(path)
    with pytest.raises(DataError, match=rf"{name}: customer_id, row 3: 1 row has no id"):
        read_scores(path)


@pytest.mark.parametrize("broken", ['[{"text": "late"', "[late]"])
def test_reasons_that_are_no_json_are_named_with_their_row(broken: str) -> None:
    read = read_scores(scores(3, reasons=["", "spends less", broken]))
    assert read.reason_texts(np.array([0, 1])) == ["", "spends less"]
    with pytest.raises(DataError, match=r"scores: reasons, row 3: is no JSON: '\[.*'\. Take the file that score wrote"):
        read.reason_texts(np.array([1, 2]))


def test_a_snapshot_with_a_zone_is_refused_because_scores_are_in_the_configs() -> None:
    zoned = ["2026-03-02T00:00:00+08:00", "2026-03-02T00:00:00", "2026-03-02T00:00:00"]
    for column in (zoned, zoned[:1] * 3, pd.to_datetime(zoned[:1] * 3)):
        with pytest.raises(DataError, match=r"scores: as_of, row 1: has a zone: .*2026-03-02"):
            read_scores(scores(3, as_of=column))


def test_a_folder_of_parts_reads_like_one_file(tmp_path: Path) -> None:
    table = scores(5)
    for part, rows in enumerate((table.iloc[:2], table.iloc[2:])):
        rows.to_parquet(tmp_path / f"part-{part:05d}.parquet")
    read = read_scores(tmp_path)
    assert read.frame["customer_id"].tolist() == table["customer_id"].tolist()
    assert read.reason_texts(np.array([4])) == ["complained twice"]


@pytest.mark.parametrize("content", [None, "a.csv"])
def test_a_folder_without_parts_is_named(content: str | None, tmp_path: Path) -> None:
    if content:
        scores(2).to_csv(tmp_path / content)
    with pytest.raises(DataError, match="holds no Parquet parts"):
        read_scores(tmp_path)


def test_ids_of_digits_keep_their_zeros(tmp_path: Path) -> None:
    scores(2, customer_id=["007", "012"]).drop(columns="reasons").to_csv(tmp_path / "scores.csv", index=False)
    assert read_scores(tmp_path / "scores.csv").frame["customer_id"].tolist() == ["007", "012"]


def test_a_table_without_optional_columns_is_enough() -> None:
    table = scores(3)[["customer_id", "as_of", "status", "risk", "loss_if_defect"]]
    read = read_scores(table)
    assert read.frame["type_unknown"].tolist() == [1.0] * 3
    assert read.reason_texts(np.array([0])) == [""]
