"""What somebody would write in DuckDB who needs just these columns: one join and one aggregation a table.

Sums are plain floating point; the engine's are exact.
"""

from tools.bench.company_data import WINDOWS

DAY = "86400000000"


def few() -> str:
    """18 columns: counts, sums, the largest purchase, the last times."""
    bought = [*_windows("count(*)", "count"), *_windows("sum(amount)", "amount"), "max(amount) AS amount_max"]
    told = [*_windows("count(*)", "count"), _since("min", "last")]
    return _statement([*bought, _since("min", "last")], told)


def every() -> str:
    """All columns that the groups transactions and complaints give for these tables."""
    a_purchase, a_return = "NOT r", "r"
    gap = "NOT r AND gap > 0"
    new = "NOT r AND (gap IS NULL OR gap > 0)"
    bought = [
        *_windows("count(*)", "count", a_purchase),
        *_before("count(*)", "count", a_purchase),
        *_windows("count(*)", "moments", new),
        _only("bit_count(bit_or(1::BIGINT << least(62, (ceil(age / {d} / 30.0)::INTEGER - 1))) {f})", 365, a_purchase),
        *_windows("sum(amount)", "amount"),
        *_before("sum(amount)", "amount"),
        *_windows("avg(amount)", "amount_mean", a_purchase),
        f"max(amount) {_filter(a_purchase)} AS amount_max",
        f"stddev_pop(amount) {_filter(a_purchase)} AS amount_deviation",
        f"arg_max(amount, occurred_at) {_filter(a_purchase)} AS amount_last",
        _since("min", "last", a_purchase),
        _since("max", "first", a_purchase),
        *(f"{sql} {_filter(gap)} AS gap_{name}_days" for name, sql in _GAPS.items()),
        *_windows("count(*)", "returns", a_return),
        *_windows("sum(-amount)", "returned", a_return),
        _since("min", "return", a_return).replace("last_return", "return"),
    ]
    told = [
        *_windows("count(*)", "count"),
        *_before("count(*)", "count"),
        _since("min", "last"),
        _since("max", "first"),
        *(f"sum(pow(0.5, age / {DAY}.0 / {days}.0)) AS load_half_life_{days}" for days in (30, 90)),
    ]
    return _statement(bought, told, _DERIVED)


_GAPS = {
    "median": "median(gap)",
    "mean": "avg(gap)",
    "max": "max(gap)",
    "deviation": "stddev_pop(gap)",
    "last": "arg_max(gap, occurred_at)",
}
_DERIVED = [
    "t.returns_365d / nullif(t.count_365d, 0) AS transactions__returns_share_365d",
    "coalesce(k.count_365d, 0) / nullif(t.count_365d, 0) AS complaints__per_purchase_365d",
    "coalesce(k.load_half_life_30, 0) * ln(1 + coalesce(t.count, 0)) AS complaints__load_x_purchases",
    *(
        f"(k.count_{w}d - k.count_before_{w}d) / nullif(k.count_{w}d + k.count_before_{w}d, 0) "
        f"AS complaints__acceleration_{w}d"
        for w in WINDOWS
    ),
]


def _statement(bought: list[str], told: list[str], derived: list[str] | None = None) -> str:
    purchases = (
        "SELECT *, coalesce(amount < 0, false) AS r, (epoch_us(occurred_at) - epoch_us(lag(occurred_at) OVER "
        f"(PARTITION BY customer_id, coalesce(amount < 0, false) ORDER BY occurred_at))) / {DAY}.0 AS gap "
        "FROM transactions"
    )
    relation = f"({purchases})" if derived else "transactions"
    more = f", {', '.join(derived)}" if derived else ""
    return (
        f"SELECT s.customer_id, s.as_of, {_named('transactions', 't', bought)}, "
        f"{_named('complaints', 'k', told)}{more} "
        f"FROM snapshots s LEFT JOIN ({_grouped(relation, 'occurred_at', bought)}) t USING (rid) "
        f"LEFT JOIN ({_grouped('complaints', 'opened_at', told)}) k USING (rid) ORDER BY s.rid"
    )


def _grouped(relation: str, time: str, aggregates: list[str]) -> str:
    age = f"epoch_us(s.as_of) - epoch_us(e.{time}) AS age"
    join = f"FROM snapshots s JOIN {relation} e ON e.customer_id = s.customer_id AND e.{time} < s.as_of"
    return f"SELECT rid, {', '.join(aggregates)} FROM (SELECT rid, {age}, e.* {join}) GROUP BY rid"


def _named(group: str, alias: str, aggregates: list[str]) -> str:
    names = [aggregate.rpartition(" AS ")[2] for aggregate in aggregates]
    zero = ("count", "moments", "amount_", "active", "returns", "returned", "load")
    columns = [
        f"coalesce({alias}.{name}, 0)" if name == "amount" or _counts(name, zero) else f"{alias}.{name}"
        for name in names
    ]
    return ", ".join(f"{column} AS {group}__{name}" for column, name in zip(columns, names, strict=True))


def _counts(name: str, zero: tuple[str, ...]) -> bool:
    other = ("amount_mean", "amount_max", "amount_dev", "amount_last")
    return name.startswith(zero) and not name.startswith(other)


def _windows(sql: str, name: str, condition: str = "") -> list[str]:
    whole = [f"{sql} {_filter(condition)} AS {name}"]
    return whole + [f"{sql} {_filter(condition, f'age <= {w} * {DAY}')} AS {name}_{w}d" for w in WINDOWS]


def _before(sql: str, name: str, condition: str = "") -> list[str]:
    spans = {w: f"age > {w} * {DAY} AND age <= {2 * w} * {DAY}" for w in WINDOWS}
    return [f"{sql} {_filter(condition, span)} AS {name}_before_{w}d" for w, span in spans.items()]


def _only(sql: str, days: int, condition: str) -> str:
    filtered = _filter(condition, f"age <= {days} * {DAY}")
    return f"{sql.replace('{f}', filtered).replace('{d}', DAY + '.0')} AS active_periods_{days}d"


def _since(best: str, name: str, condition: str = "") -> str:
    return f"{best}(age) {_filter(condition)} / {DAY}.0 AS days_since_{name}"


def _filter(*conditions: str) -> str:
    found = [condition for condition in conditions if condition]
    return f"FILTER (WHERE {' AND '.join(found)})" if found else ""
