"""Who is at risk and who defects in the newspaper data, worked out again from the raw files with plain pandas."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from models.outcomes import label_sql
from models.snapshots import schedule
from pipeline.config.load import load
from pipeline.prepare import prepared, snapshot_table

CONFIG = Path(__file__).parents[2] / "configs" / "newspaper.yaml"
SNAPSHOTS = schedule(datetime(2008, 1, 1), datetime(2009, 7, 1), "month")
HORIZON, GRACE, DAY = pd.Timedelta(days=180), pd.Timedelta(days=30), pd.Timedelta(days=1)

Labels = pd.DataFrame  # customer_id, as_of, defected of those at risk


@pytest.fixture
def labels(public_data: Callable[[str], Path]) -> Labels:
    """Labels as the project makes them from the config."""
    public_data("newspaper")
    config = load(CONFIG)
    with prepared(config) as data, data.connect() as con:
        con.execute(snapshot_table("customers", SNAPSHOTS))
        made = f"SELECT * FROM ({label_sql(config.outcome, data.shapes)}) JOIN snapshots USING (rid)"
        found = con.sql(f"SELECT customer_id, as_of, defected FROM ({made}) WHERE status = 'at_risk'").df()
    return found.astype({"defected": bool}).sort_values(["as_of", "customer_id"], ignore_index=True)


def by_hand(folder: Path) -> Labels:
    """The same from the raw file: a customer and a snapshot at a time, contract after contract."""
    contracts = _read(folder / "subscriptions.txt", "StartDate", "EndDate", "PaymentDate")
    contracts["Known"] = contracts[["PaymentDate", "StartDate"]].min(axis=1)
    rows = [row for who, own in contracts.groupby("CustomerID") for row in _of_customer(str(who), own)]
    made = pd.DataFrame(rows, columns=["customer_id", "as_of", "defected"])
    return made.sort_values(["as_of", "customer_id"], ignore_index=True)


def _of_customer(who: str, own: pd.DataFrame) -> Iterator[tuple[str, datetime, bool]]:
    spans = sorted(zip(own.StartDate, own.EndDate, own.Known, strict=True))
    for t in SNAPSHOTS:
        ends = [end for start, end, known in spans if start <= t <= end and known < t]
        if ends:
            last = max(ends)
            for start, end, _ in spans:
                last = max(last, end) if start <= last + DAY + GRACE else last
            yield who, t, last + DAY < t + HORIZON


def _read(path: Path, *dates: str) -> pd.DataFrame:
    return pd.read_csv(path, sep=";", dtype={"CustomerID": str}, parse_dates=list(dates), date_format="%d/%m/%Y")


def test_every_label_agrees_with_the_raw_file_worked_out_by_hand(
    labels: Labels, public_data: Callable[[str], Path]
) -> None:
    expected = by_hand(public_data("newspaper"))
    pd.testing.assert_frame_equal(labels, expected, check_dtype=False)


def test_loss_is_low_early_and_high_late_and_complainers_leave_less(
    labels: Labels, public_data: Callable[[str], Path]
) -> None:
    """What the data are known for: 3.8 % early, 12 % late, 8.0 % of complainers against 13.3 % of others."""
    by_year = labels.groupby(labels.as_of.dt.year).defected.mean()
    late = labels[labels.as_of >= "2009-02-01"].defected.mean()
    assert (by_year[2008], late) == (pytest.approx(0.038, abs=0.001), pytest.approx(0.12, abs=0.002))
    last = labels[labels.as_of == "2009-07-01"]
    complaints = _read(public_data("newspaper") / "complaints.txt", "ComplaintDate")
    recent = complaints.ComplaintDate.between("2008-07-01", "2009-06-30")
    complained = last.customer_id.isin(complaints.CustomerID[recent])
    assert last.defected[complained].mean() == pytest.approx(0.080, abs=0.001)
    assert last.defected[~complained].mean() == pytest.approx(0.133, abs=0.002)
