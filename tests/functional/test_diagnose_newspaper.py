"""The newspaper's rates and types by quarter, worked out again from the raw files with plain pandas."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from pipeline.diagnose import diagnose
from pipeline.diagnosis.result import Diagnosis

CONFIG = Path(__file__).parents[2] / "configs" / "newspaper.yaml"
QUARTERS = pd.period_range("2008Q1", "2009Q3", freq="Q")
AS_OF = pd.Timestamp("2010-01-27")  # the outcome of the config's last snapshot is known
GRACE, HORIZON, DAY = pd.Timedelta(days=30), pd.Timedelta(days=180), pd.Timedelta(days=1)


def read(folder: Path, name: str, *dates: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, sep=";", parse_dates=list(dates), date_format="%d/%m/%Y")


def leavers(folder: Path) -> pd.DataFrame:
    """One row a customer at risk at the start of a quarter, and the first day without cover if it lies in it."""
    contracts = read(folder, "subscriptions.txt", "StartDate", "EndDate", "PaymentDate")
    contracts["Known"] = contracts[["PaymentDate", "StartDate"]].min(axis=1)
    rows = []
    for who, own in contracts.groupby("CustomerID"):
        spans = sorted(zip(own.StartDate, own.EndDate, own.Known, strict=True))
        for quarter in QUARTERS:
            start, end = quarter.start_time, (quarter + 1).start_time
            last = max((e for s, e, known in spans if s <= start <= e and known < start), default=None)
            if last is not None:
                for s, e, _ in spans:
                    last = max(last, e) if s <= last + DAY + GRACE else last
                left = last + DAY
                rows.append((who, str(quarter).replace("Q", "-Q"), start, left if left < end else pd.NaT))
    return pd.DataFrame(rows, columns=["who", "period", "start", "left"])


def paid_before(folder: Path, who: pd.Series, start: pd.Series) -> pd.Series:
    """What each customer paid in the four quarters before."""
    paid = read(folder, "subscriptions.txt", "PaymentDate").dropna(subset="PaymentDate")
    year = pd.DateOffset(years=1)
    sums = [
        paid.TotalPrice[(paid.CustomerID == w) & (paid.PaymentDate >= s - year) & (paid.PaymentDate < s)].sum()
        for w, s in zip(who, start, strict=True)
    ]
    return pd.Series(sums, index=who.index)


UNPAID = """
SELECT s.CustomerID AS customer_id, max(s.EndDate) + 1 AS occurred_at, 'NPA' AS reason
FROM subscriptions s WHERE s.CustomerID IN (SELECT b.CustomerID FROM delivery_log d
  JOIN subscriptions b USING (SubscriptionID) WHERE d.DeliveryContext = 'NPA')
GROUP BY s.CustomerID
"""


def with_reasons(folder: Path) -> Path:
    """The config with a reason the data hold: deliveries were once stopped for non-payment."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    config["tables"]["defections"] = {"sql": UNPAID}
    config["outcome"]["reasons"] = {"NPA": "price"}
    path = folder / "newspaper.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


@pytest.fixture
def found(public_data: Callable[[str], Path]) -> Diagnosis:
    public_data("newspaper")
    return diagnose(CONFIG)


def test_rates_by_quarter_are_those_of_the_raw_file(found: Diagnosis, public_data: Callable[[str], Path]) -> None:
    expected = (
        leavers(public_data("newspaper")).groupby("period").agg(customers=("who", "size"), left=("left", "count"))
    )
    rows = pd.DataFrame(found.table("defection", "by_period")).set_index("period")
    assert found.as_of == AS_OF
    assert rows.customers_start.to_dict() == expected.customers.to_dict()
    assert rows.defected.to_dict() == expected.left.to_dict()
    assert rows.rate.to_dict() == pytest.approx((expected.left / expected.customers).to_dict())


def test_weighted_retention_by_quarter_is_that_of_the_raw_file(
    found: Diagnosis, public_data: Callable[[str], Path]
) -> None:
    folder = public_data("newspaper")
    base = leavers(folder)
    base = base[base.period.isin(["2008-Q1", "2009-Q3"])]
    base["paid"] = paid_before(folder, base.who, base.start)
    kept = base[base.left.isna()].groupby("period").paid.sum() / base.groupby("period").paid.sum()
    rows = pd.DataFrame(found.table("retention", "by_period")).set_index("period")
    assert rows.weighted[["2008-Q1", "2009-Q3"]].to_dict() == pytest.approx(kept.to_dict())


def test_without_reasons_every_type_is_unknown_and_the_page_says_so(found: Diagnosis) -> None:
    assert {row["type"] for row in found.table("defection", "types")} == {"unknown"}
    assert "no_reasons" in [note.key for note in found.section("defection").notes]


@pytest.mark.slow
def test_types_by_quarter_are_those_of_the_raw_file(tmp_path: Path, public_data: Callable[[str], Path]) -> None:
    folder = public_data("newspaper")
    left = leavers(folder).dropna(subset="left")
    contracts = read(folder, "subscriptions.txt", "EndDate")
    stops = read(folder, "delivery.txt").query("DeliveryContext == 'NPA'").SubscriptionID
    unpaid = set(contracts.CustomerID[contracts.SubscriptionID.isin(stops)])
    over = contracts.groupby("CustomerID").EndDate.max() + DAY
    left["gone"] = left.who.map(over)
    recorded = left.who.isin(unpaid) & (left.gone < AS_OF) & (left.gone >= left.left - HORIZON)
    left["type"] = (recorded & (left.gone < left.start + HORIZON + GRACE)).map({True: "price", False: "unknown"})
    rows = pd.DataFrame(diagnose(with_reasons(tmp_path)).table("defection", "types"))
    assert rows.set_index(["period", "type"]).defected.to_dict() == left.groupby(["period", "type"]).size().to_dict()
    assert set(rows.type) == {"price", "unknown"}


def test_complainers_leave_no_more_often_here_and_nothing_says_they_should(found: Diagnosis) -> None:
    """Voice against exit: the difference from those without a complaint is not negative beyond chance."""
    rows = {row["state"]: row for row in found.table("complaints", "repurchase") if row["severity"] == "all"}
    assert set(rows) == {"none", "complained"}
    assert rows["complained"]["against_none_high"] > 0
