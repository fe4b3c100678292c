"""The SQL pieces that features are made of.

Adding floating-point numbers in another order changes the last bits. Sums here are exact (decimal), and "last" breaks
ties by the value itself, so a value depends on the rows alone: not on their order, the number of threads or
partitions, or on rows that the snapshot cannot see. Each piece marks with `[if]` where a feature's window and condition
go.
"""

COUNT = "count(*)"


def exact_sum(number: str, digits: int = 6) -> str:
    """Sum to a fixed number of decimal digits; values that no decimal can hold (NaN, above 1e31) are left out."""
    return f"sum(TRY_CAST({number} AS DECIMAL(38, {digits}))) [if]"


def mean(number: str) -> str:
    """Arithmetic mean over the rows where the number is known."""
    return f"CAST({exact_sum(number)} AS DOUBLE) / nullif(count({number}) [if], 0)"


def deviation(number: str) -> str:
    """Standard deviation of the population; NULL without a case."""
    double = f"CAST({exact_sum(f'({number}) * ({number})')} AS DOUBLE) / nullif(count({number}) [if], 0)"
    return f"sqrt({at_least(f'{double} - pow({mean(number)}, 2)', 0)})"


def share(condition: str) -> str:
    """Share of rows that meet the condition among those where it is known to hold or not."""
    return f"{times(condition)} / nullif(count({condition}) [if], 0)"


def times(condition: str) -> str:
    """Number of rows that meet the condition."""
    return f"count(CASE WHEN {condition} THEN 1 END) [if]"


def ever(condition: str) -> str:
    """1 where any row meets the condition, 0 where none does."""
    return f"CAST({times(condition)} > 0 AS INTEGER)"


def last(value: str, order: str = "event_at") -> str:
    """The latest known value; of several at the same time the greatest."""
    return f"arg_max({value}, ({order}, {value})) [if]"


def days_between(start: str, end: str) -> str:
    """Exact days from one time to another, fractions included."""
    return f"(epoch_us({end}) - epoch_us({start})) / 86400000000.0::DOUBLE"


def hours_between(start: str, end: str) -> str:
    """Exact hours from one time to another, fractions included."""
    return f"(epoch_us({end}) - epoch_us({start})) / 3600000000.0::DOUBLE"


def at_least(number: str, floor: float) -> str:
    """The number, or the floor where it is below; NULL stays NULL (greatest() and least() skip it)."""
    return f"CASE WHEN {number} < {floor} THEN {floor} ELSE {number} END"


def at_most(number: str, cap: float) -> str:
    """The number, or the cap where it is above; NULL stays NULL."""
    return f"CASE WHEN {number} > {cap} THEN {cap} ELSE {number} END"


def ratio(numerator: str, denominator: str) -> str:
    """A quotient that is NULL where the denominator is 0."""
    return f"({numerator}) / nullif({denominator}, 0)"


def change(now: str, earlier: str) -> str:
    """Change between two amounts from -1 (gone) over 0 (equal) to 1 (new); NULL where both are 0.

    The quotient now / earlier has no value for who bought nothing earlier and explodes for who bought little.
    """
    return f"(({now}) - ({earlier})) / nullif(abs({now}) + abs({earlier}), 0)"
