"""How realistic a simulated folder is, and how far its truth agrees with what happened. For tests and notebooks."""

from pathlib import Path

import duckdb
import pandas as pd

HORIZON_DAYS = 180
QUICK_HOURS = 24


def outcomes(folder: Path) -> pd.DataFrame:
    """Every customer-month whose 180 days lie within the records: the truth beside what happened.

    Columns: `customer_id, as_of, p180`, `left_180` (whether a defection followed), `type` (of it, if any),
    `revenue_180` (expected) and `spent_180` (real).
    """
    query = f"""
        WITH months AS (FROM read_parquet('{folder}/truth/customer_months/*.parquet')),
        facts AS (SELECT max(as_of) AS ends FROM months),
        moments AS (
            SELECT customer_id, as_of, as_of + INTERVAL {HORIZON_DAYS} DAY AS until, p180, revenue_180
            FROM months, facts WHERE as_of + INTERVAL {HORIZON_DAYS} DAY <= ends
        ),
        gone AS (
            SELECT m.customer_id, as_of, min_by(d.type, d.occurred_at) AS type FROM moments m
            JOIN read_parquet('{folder}/defections/*.parquet') d
              ON d.customer_id = m.customer_id AND d.occurred_at >= as_of AND d.occurred_at < until
            GROUP BY ALL
        ),
        spent AS (
            SELECT m.customer_id, as_of, sum(amount) AS spent_180 FROM moments m
            JOIN read_parquet('{folder}/transactions/*.parquet') t
              ON t.customer_id = m.customer_id AND t.occurred_at >= as_of AND t.occurred_at < until
            GROUP BY ALL
        )
        SELECT m.customer_id, as_of, p180, g.customer_id IS NOT NULL AS left_180, g.type, revenue_180,
               coalesce(spent_180, 0) AS spent_180
        FROM moments m LEFT JOIN gone g USING (customer_id, as_of) LEFT JOIN spent s USING (customer_id, as_of)
        ORDER BY ALL
    """
    frame: pd.DataFrame = duckdb.connect().execute(query).df()
    return frame


def oracle_auc(moments: pd.DataFrame) -> float:
    """Area under the curve of the true probability against what happened: no model can expect more."""
    ranks = moments["p180"].rank()
    gone = moments["left_180"]
    n, m = int(gone.sum()), int((~gone).sum())
    return float((ranks[gone].sum() - n * (n + 1) / 2) / (n * m))


def calibration(moments: pd.DataFrame, groups: int = 10) -> pd.DataFrame:
    """Mean true probability and share that left, by quantile group of the true probability."""
    group = pd.qcut(moments["p180"].rank(method="first"), groups, labels=False)
    means = moments.groupby(group)[["p180", "left_180"]].mean()
    return means.assign(n=moments.groupby(group).size())


def repurchase_by_complaint_state(folder: Path) -> pd.DataFrame:
    """Share still buying 180 days on, after a problem, by its size and what became of the complaint (DOMAIN 2).

    Needs the `usage` table, whose `faults` show problems that nobody complained about. Rows: size; columns: state.
    """
    query = f"""
        WITH problems AS (
            SELECT customer_id, date_trunc('month', occurred_at) AS starts,
                   date_trunc('month', occurred_at) + INTERVAL 1 MONTH AS as_of,
                   CASE WHEN faults >= 2 THEN 'large' ELSE 'small' END AS size
            FROM read_parquet('{folder}/usage/*.parquet') WHERE faults > 0
        ),
        cases AS (
            SELECT customer_id, date_trunc('month', opened_at) AS starts,
                   max(coalesce(date_diff('hour', opened_at, resolved_at), 1e6)) AS hours
            FROM read_parquet('{folder}/complaints/*.parquet') GROUP BY ALL
        ),
        states AS (
            SELECT p.*, CASE WHEN hours IS NULL THEN '1 did not complain' WHEN hours > 720 THEN '2 not resolved'
                             WHEN hours > {QUICK_HOURS} THEN '3 resolved' ELSE '4 resolved quickly' END AS state
            FROM problems p LEFT JOIN cases c USING (customer_id, starts)
        ),
        truth AS (FROM read_parquet('{folder}/truth/customer_months/*.parquet'))
        SELECT size, state, count(*) AS n, avg(1 - p180) AS stay FROM states JOIN truth USING (customer_id, as_of)
        GROUP BY ALL ORDER BY ALL
    """
    table: pd.DataFrame = duckdb.connect().execute(query).df()
    return table.pivot(index="size", columns="state", values=["stay", "n"])
