"""How realistic a simulated folder is, and how far its truth agrees with what happened. For tests and notebooks."""

from pathlib import Path

import duckdb
import pandas as pd

from models.intervals import wilson

HORIZON_DAYS = 180
QUICK_HOURS, LATE_HOURS = 24, 720
STATES = ("did not complain", "not resolved", "resolved", "resolved quickly")


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


def realism(folder: Path) -> dict[str, float]:
    """How a company looks in numbers, all from its records but for the oracle's AUC.

    Rates are a month and customer there. `hours_p99_to_median` of the hours to resolution and `skew_log_spend` of the
    customers' total revenue say how heavy the tails are: far above 10, and about 0 as for a log-normal.
    """
    query = f"""
        WITH months AS (SELECT count(*) AS n FROM read_parquet('{folder}/truth/customer_months/*.parquet')),
        hours AS (SELECT date_diff('second', opened_at, resolved_at) / 3600 AS h
                  FROM read_parquet('{folder}/complaints/*.parquet') WHERE resolved_at > opened_at),
        spend AS (SELECT ln(sum(amount)) AS s FROM read_parquet('{folder}/transactions/*.parquet')
                  GROUP BY customer_id HAVING sum(amount) > 0),
        arms AS (SELECT count(arm) / count(*) AS share FROM read_parquet('{folder}/contacts/*.parquet'))
        SELECT (SELECT count(*) FROM read_parquet('{folder}/defections/*.parquet')) / n AS monthly_defection,
               (SELECT count(*) FROM read_parquet('{folder}/complaints/*.parquet')) / n AS monthly_complaints,
               (SELECT count(*) FROM read_parquet('{folder}/contacts/*.parquet')) / n AS monthly_contacts,
               (SELECT share FROM arms) AS randomised_share,
               (SELECT median(h) FROM hours) AS hours_median,
               (SELECT quantile_cont(h, 0.99) / median(h) FROM hours) AS hours_p99_to_median,
               (SELECT stddev(s) FROM spend) AS sd_log_spend,
               (SELECT skewness(s) FROM spend) AS skew_log_spend
        FROM months
    """
    frame: pd.DataFrame = duckdb.connect().execute(query).df()
    found = {str(name): float(value) for name, value in frame.iloc[0].items()}
    return found | {"oracle_auc": oracle_auc(outcomes(folder))}


def randomised_contacts(folder: Path) -> pd.DataFrame:
    """The first randomised contact of each customer, and whether the customer left within 180 days of it.

    One row a customer, so that the rows are independent: `action, arm, defected`. For `models.trial.difference`.
    """
    query = f"""
        WITH facts AS (SELECT max(occurred_at) AS ends FROM read_parquet('{folder}/transactions/*.parquet')),
        firsts AS (
            SELECT customer_id, arg_min(action, occurred_at) AS action, arg_min(arm, occurred_at) AS arm,
                   min(occurred_at) AS met
            FROM read_parquet('{folder}/contacts/*.parquet') WHERE arm IS NOT NULL GROUP BY ALL
        )
        SELECT action, arm, EXISTS (FROM read_parquet('{folder}/defections/*.parquet') d
            WHERE d.customer_id = f.customer_id AND d.occurred_at >= met
            AND d.occurred_at < met + INTERVAL {HORIZON_DAYS} DAY) AS defected
        FROM firsts f, facts WHERE met + INTERVAL {HORIZON_DAYS} DAY <= ends ORDER BY customer_id
    """
    frame: pd.DataFrame = duckdb.connect().execute(query).df()
    return frame


def repurchase_by_complaint_state(folder: Path) -> pd.DataFrame:
    """Share still a customer 180 days after a problem, by its size and what became of the complaint (DOMAIN 2).

    From the records alone, as a firm would count it: problems are the faults in `usage`, of which those without a
    complaint in the same month were suffered in silence; a complaint that is not resolved within 30 days counts as not
    resolved. Columns: `size, state, n, stayed, share, low, high` (95 % Wilson), states as in STATES. The months of one
    customer are not independent, so the intervals are a little too narrow.
    """
    query = f"""
        WITH facts AS (SELECT max(occurred_at) AS ends FROM read_parquet('{folder}/transactions/*.parquet')),
        problems AS (
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
        followed AS (
            SELECT size, CASE WHEN hours IS NULL THEN '{STATES[0]}' WHEN hours > {LATE_HOURS} THEN '{STATES[1]}'
                              WHEN hours > {QUICK_HOURS} THEN '{STATES[2]}' ELSE '{STATES[3]}' END AS state,
                   NOT EXISTS (FROM read_parquet('{folder}/defections/*.parquet') d
                               WHERE d.customer_id = p.customer_id AND d.occurred_at >= p.as_of
                               AND d.occurred_at < p.as_of + INTERVAL {HORIZON_DAYS} DAY) AS stayed
            FROM problems p LEFT JOIN cases c USING (customer_id, starts), facts
            WHERE p.as_of + INTERVAL {HORIZON_DAYS} DAY <= ends
        )
        SELECT size, state, count(*) AS n, count(*) FILTER (WHERE stayed) AS stayed FROM followed GROUP BY ALL
    """
    table: pd.DataFrame = duckdb.connect().execute(query).df()
    table["state"] = pd.Categorical(table["state"], STATES, ordered=True)
    low, high = wilson(table["stayed"], table["n"])
    return table.assign(share=table["stayed"] / table["n"], low=low, high=high).sort_values(
        ["size", "state"], ignore_index=True
    )
