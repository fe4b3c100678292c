"""Labels. THE ONLY MODULE THAT LOOKS AHEAD: it reads the tables past the snapshot, without `History`.

For every row of `snapshots` it says what happened in the outcome window [t + gap, t + gap + horizon): whether the
customer defected, when, of which type, and the money that really came in. The definitions in words stand at the kinds
in `models.outcome_kinds`. Each kind here gives the moment of leaving (`left_at`); one common rule turns it into the
label, so what "in the window" means is written once.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from features.errors import ConfigError, IncompleteWindowError
from features.history import History, known_at, quoted
from features.levels import literal
from features.schema import DEFECTION_TYPES, DType, TableShape
from models.at_risk import NEVER, baseline_sql, is_purchase, rhythm_sql, status_sql, uncovered_from
from models.outcome_kinds import Backslide, Cancel, ContractEnd, GivenColumn, Lapse, Outcome, Rhythm

Shapes = Mapping[str, TableShape]

BEFORE = "TIMESTAMP '-infinity'"


def label_sql(outcome: Outcome, shapes: Shapes) -> str:
    """SQL for the outcome of every row of `snapshots`, to be run where the prepared tables are complete.

    Columns: rid; status as in `models.at_risk.status_sql`; defected (BOOLEAN, NULL where there is no honest label: not
    at risk, left before the window opens, label missing); defected_at and type (NULL unless defected; type `unknown`
    without a reason); revenue and margin in the window, in money (NULL where the table or column is absent).

    Raises:
        ConfigError, MissingColumnError: see `status_sql`; or `positive` cannot be a value of its column.
    """
    history = History(shapes)
    defected_at = "NULL::TIMESTAMP" if isinstance(outcome, GivenColumn) else "CASE WHEN a.defected THEN a.left_at END"
    return f"""WITH windows AS ({_windows(outcome)}),
standing AS ({status_sql(outcome, history)}),
money AS ({_money(outcome, shapes)}),
leaving AS ({_leaving(outcome, shapes)}),
labelled AS (SELECT w.rid, s.status, m.revenue, m.margin, l.left_at, l.given_type,
    CASE WHEN s.status = 'at_risk' AND (l.left_at IS NULL OR l.left_at >= w.opens)
      THEN coalesce(l.left_at < w.closes, FALSE) END AS defected
  FROM windows w JOIN standing s ON s.rid = w.rid LEFT JOIN money m ON m.rid = w.rid
  LEFT JOIN leaving l ON l.rid = w.rid),
typed AS ({_types(outcome, shapes)})
SELECT a.rid, a.status, a.defected, {defected_at} AS defected_at,
  CASE WHEN a.defected THEN coalesce(a.given_type, t.type, 'unknown') END AS type, a.revenue, a.margin
FROM labelled a LEFT JOIN typed t ON t.rid = a.rid"""


def known_by(outcome: Outcome, as_of: datetime) -> datetime:
    """The moment from which the label of a snapshot is known: window and grace are over.

    >>> from models.outcome_kinds import ContractEnd
    >>> known_by(ContractEnd(horizon_days=180, grace_days=30), datetime(2008, 7, 1))
    datetime.datetime(2009, 1, 27, 0, 0)
    """
    return as_of + timedelta(days=outcome.known_after_days)


def refuse_incomplete(outcome: Outcome, snapshots: Iterable[datetime], data_until: datetime) -> None:
    """Refuse snapshots whose outcome is not known yet when the data end, at `data_until` (exclusive).

    Raises:
        IncompleteWindowError: names the first such snapshot.
    """
    for as_of in sorted(snapshots):
        settled = known_by(outcome, as_of)
        if settled > data_until:
            raise IncompleteWindowError(snapshot=as_of, known_by=settled, data_until=data_until)


def _windows(outcome: Outcome) -> str:
    closes = outcome.gap_days + outcome.horizon_days
    return f"""SELECT rid, customer_id, as_of, as_of + INTERVAL {outcome.gap_days} DAY AS opens,
  as_of + INTERVAL {closes} DAY AS closes, as_of + INTERVAL {outcome.known_after_days} DAY AS settles FROM snapshots"""


def _leaving(outcome: Outcome, shapes: Shapes) -> str:
    """SQL for rid, left_at (when the customer leaves; NULL: stays), given_type (the type where it is not looked up)."""
    match outcome:
        case Cancel():
            left = _cancelled(shapes["defections"])
        case ContractEnd():
            left = _uncovered(outcome, shapes)
        case Lapse():
            left = _without_purchase(shapes["transactions"])
        case Rhythm():
            left = _silent(outcome, shapes)
        case Backslide():
            left = _slid_back(outcome, shapes)
        case GivenColumn():
            return _given(outcome, shapes["customers"])
    return f"SELECT rid, left_at, NULL::VARCHAR AS given_type FROM ({left})"


def _cancelled(shape: TableShape) -> str:
    """The first row that nobody knew at the snapshot; one from before it means the customer had left already."""
    return f"""SELECT w.rid, min(e.occurred_at) AS left_at FROM windows w
JOIN defections e ON e.customer_id = w.customer_id AND e.occurred_at < w.closes
  AND (e.occurred_at >= w.as_of OR {known_at(shape)} >= w.as_of)
GROUP BY w.rid"""


def _uncovered(outcome: ContractEnd, shapes: Shapes) -> str:
    """The end of the island of cover around the snapshot; without one, cover had ended without anyone knowing it.

    An island may end at the snapshot itself. No other one can begin there: it would be the same island.
    """
    return f"""WITH islands AS ({_islands(outcome, shapes)})
SELECT w.rid, coalesce(i.until, {BEFORE}) AS left_at FROM windows w
LEFT JOIN islands i ON i.customer_id = w.customer_id AND i.since <= w.as_of AND w.as_of <= i.until"""


def _islands(outcome: ContractEnd, shapes: Shapes) -> str:
    """Gaps and islands, customer_id, since, until (exclusive): cover without a break longer than the grace."""
    ended = "SELECT *, NULL::TIMESTAMP AS left_at FROM contracts"
    if "defections" in shapes:
        on = "d.customer_id = c.customer_id AND c.starts_at <= d.occurred_at"
        ended = f"SELECT c.*, d.occurred_at AS left_at FROM contracts c ASOF LEFT JOIN defections d ON {on}"
    by_start = "PARTITION BY customer_id ORDER BY since, until"
    return f"""SELECT customer_id, min(since) AS since, max(until) AS until FROM (
  SELECT *, count(*) FILTER (WHERE since > reached + INTERVAL {outcome.grace_days} DAY) OVER ({by_start}) AS island
  FROM (SELECT *, max(until) OVER ({by_start} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
    FROM (SELECT customer_id, date_trunc('day', starts_at) AS since,
        {uncovered_from(outcome, shapes["contracts"])} AS until FROM ({ended}))
    WHERE until > since))
GROUP BY customer_id, island"""


def _without_purchase(shape: TableShape) -> str:
    return f"""SELECT w.rid, w.opens AS left_at FROM windows w
ANTI JOIN (SELECT customer_id, occurred_at FROM transactions WHERE {is_purchase(shape)}) p
  ON p.customer_id = w.customer_id AND p.occurred_at >= w.opens AND p.occurred_at < w.closes"""


def _silent(outcome: Rhythm, shapes: Shapes) -> str:
    """The first silence longer than the limit, counted from the last purchase day known at the snapshot on."""
    return f"""WITH days AS (SELECT DISTINCT customer_id, date_trunc('day', occurred_at) AS day
  FROM transactions WHERE {is_purchase(shapes["transactions"])}),
steps AS (SELECT customer_id, day, lead(day, 1, {NEVER}) OVER (PARTITION BY customer_id ORDER BY day) AS next_day
  FROM days)
SELECT w.rid, min(p.day + to_days(r.limit_days)) AS left_at FROM windows w
JOIN ({rhythm_sql(outcome, History(shapes))}) r ON r.rid = w.rid
JOIN steps p ON p.customer_id = w.customer_id AND p.day >= r.last_day AND p.day < w.closes
  AND p.next_day > p.day + to_days(r.limit_days)
GROUP BY w.rid"""


def _slid_back(outcome: Backslide, shapes: Shapes) -> str:
    expected = f"b.baseline * {(1 - outcome.drop_share) * outcome.horizon_days / outcome.baseline_days!r}"
    return f"""SELECT w.rid, w.opens AS left_at FROM windows w JOIN money m ON m.rid = w.rid
JOIN ({baseline_sql(outcome, History(shapes))}) b ON b.rid = w.rid WHERE m.revenue < {expected}"""


def _given(outcome: GivenColumn, shape: TableShape) -> str:
    """The label as a time, so that the common rule reads it: in the window, never, or (missing) before it."""
    column = f"c.{quoted(outcome.column)}"
    reason = f"c.{quoted(outcome.reason_column)}" if outcome.reason_column else "NULL"
    return f"""SELECT w.rid, CASE WHEN {column} IS NULL THEN {BEFORE}
  WHEN {_equals(outcome.column, outcome.positive, shape.columns[outcome.column])} THEN w.opens END AS left_at,
  {_type_of_reason(outcome, reason)} AS given_type
FROM windows w LEFT JOIN customers c ON c.customer_id = w.customer_id"""


def _equals(name: str, value: str | float, dtype: DType) -> str:
    """Compare in the column's own type, so that 1, 1.0 and '1' mean the same in a numeric column."""
    column = f"c.{quoted(name)}"
    if dtype == "text":
        return f"trim({column}) = {literal(str(value).strip())}"
    try:
        number = float(value)
    except ValueError:
        fix = "Give the value of `column` that means defected."
        raise ConfigError(f"not a {dtype}, as {name} is", where="outcome.positive", value=value, fix=fix) from None
    return f"CAST({column} AS DOUBLE) = {number!r}"


def _money(outcome: Outcome, shapes: Shapes) -> str:
    """SQL for rid, revenue, margin in the outcome window."""
    if isinstance(outcome, GivenColumn):
        return _money_given(outcome)
    if outcome.money == "accrued":
        return _money_accrued(shapes.get("contracts"))
    columns = shapes["transactions"].columns if "transactions" in shapes else {}
    revenue, margin = (f"coalesce({name}, 0)" if name in columns else "NULL::DOUBLE" for name in ("amount", "margin"))
    if not columns:
        return f"SELECT rid, {revenue} AS revenue, {margin} AS margin FROM windows"
    sums = ", ".join(f"sum(x.{name}) AS {name}" for name in ("amount", "margin") if name in columns)
    return f"""SELECT w.rid, {revenue} AS revenue, {margin} AS margin FROM windows w
LEFT JOIN (SELECT v.rid, {sums} FROM windows v JOIN transactions x
  ON x.customer_id = v.customer_id AND x.occurred_at >= v.opens AND x.occurred_at < v.closes GROUP BY v.rid) x
ON x.rid = w.rid"""


def _money_accrued(shape: TableShape | None) -> str:
    """What contracts earn from day to day: half a year of a year's price, whenever it is paid.

    Not known where a contract of the window has no price, or no end over which to spread it.
    """
    ends = [column for column in ("ended_at", "ends_at") if shape is not None and shape.has(column)]
    if shape is None or not shape.has("price") or not ends:
        fix = "Give contracts with price and ends_at, or leave out outcome.money."
        raise ConfigError("needs contracts with a price and an end", where="outcome.money", value="accrued", fix=fix)
    until = f"coalesce({', '.join(f'c.{column}' for column in ends)})"
    lengths = [f"date_diff('day', c.starts_at, {end})" for end in (*(f"c.{column}" for column in ends), until)]
    held = f"date_diff('day', greatest(c.starts_at, v.opens), least({until}, v.closes))"
    return f"""SELECT w.rid, CASE WHEN NOT coalesce(x.unknown, FALSE) THEN coalesce(x.earned, 0) END AS revenue,
  NULL::DOUBLE AS margin FROM windows w
LEFT JOIN (SELECT v.rid, bool_or(c.price IS NULL OR {until} IS NULL) AS unknown,
    sum(c.price * greatest({held}, 0) / greatest(1, {", ".join(lengths)})) AS earned
  FROM windows v JOIN contracts c
  ON c.customer_id = v.customer_id AND c.starts_at < v.closes AND coalesce({until} > v.opens, TRUE) GROUP BY v.rid) x
ON x.rid = w.rid"""


def _money_given(outcome: GivenColumn) -> str:
    if outcome.money_column is None:
        return "SELECT rid, NULL::DOUBLE AS revenue, NULL::DOUBLE AS margin FROM windows"
    periods = outcome.horizon_days / outcome.money_period_days if outcome.money_period_days else 1.0
    return f"""SELECT w.rid, CAST(c.{quoted(outcome.money_column)} AS DOUBLE) * {periods!r} AS revenue,
  NULL::DOUBLE AS margin
FROM windows w LEFT JOIN customers c ON c.customer_id = w.customer_id"""


def _types(outcome: Outcome, shapes: Shapes) -> str:
    """SQL for rid, type of those who defected: that of the nearest recorded defection that is known with the label."""
    if isinstance(outcome, GivenColumn) or "defections" not in shapes:
        return "SELECT NULL::BIGINT AS rid, NULL::VARCHAR AS type"
    apart = "abs(epoch(d.occurred_at) - epoch(a.left_at))"
    return f"""SELECT a.rid, d.type FROM labelled a JOIN windows w ON w.rid = a.rid
JOIN (SELECT customer_id, occurred_at, {_recorded_type(outcome, shapes["defections"])} AS type FROM defections) d
  ON d.customer_id = w.customer_id AND d.occurred_at < w.settles
  AND d.occurred_at >= a.left_at - INTERVAL {outcome.horizon_days} DAY
WHERE a.defected
QUALIFY row_number() OVER (PARTITION BY a.rid ORDER BY {apart}, d.type IS NULL, d.occurred_at, d.type) = 1"""


def _recorded_type(outcome: Outcome, shape: TableShape) -> str:
    """The type of a row in `defections`: its own, if it says one, else that of its reason."""
    given = _lookup({kind: kind for kind in DEFECTION_TYPES}, "type") if shape.has("type") else "NULL"
    reason = _type_of_reason(outcome, "reason") if shape.has("reason") else "NULL"
    return f"coalesce(nullif({given}, 'unknown'), {reason})"


def _type_of_reason(outcome: Outcome, column: str) -> str:
    """A reason in the map; a reason that is the name of a type needs no entry."""
    return _lookup({kind: kind for kind in DEFECTION_TYPES} | dict(outcome.reasons_by_spelling), column)


def _lookup(types: Mapping[str, str], column: str) -> str:
    cases = " ".join(f"WHEN {literal(spelling)} THEN {literal(kind)}" for spelling, kind in types.items())
    return f"CASE lower(trim(CAST({column} AS VARCHAR))) {cases} END"
