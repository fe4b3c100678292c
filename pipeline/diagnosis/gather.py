"""Runs the questions of all sections: over each partition of customers and added up, or over all customers at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from pipeline.diagnosis.known import cut
from pipeline.diagnosis.last_complaint import last_complaints
from pipeline.diagnosis.panel import build_panel
from pipeline.diagnosis.result import Row
from pipeline.diagnosis.scope import Scope
from pipeline.prepare import Prepared

Answers = Mapping[str, list[Row]]


@dataclass(frozen=True)
class Question:
    """SQL whose answer adds up over partitions of customers: rows with equal `keys` are one, other columns are summed.

    `whole` asks over all customers at once, where parts would not add up (medians); the panel is not there then.
    """

    name: str
    sql: str
    keys: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class Largest:
    """SQL for single cases of which the `count` largest by `by` are kept over all partitions."""

    name: str
    sql: str
    by: str
    count: int


def gather(data: Prepared, scope: Scope, questions: Sequence[Question | Largest]) -> Answers:
    """The answers by name."""
    whole = [question for question in questions if isinstance(question, Question) and question.whole]
    split = [question for question in questions if question not in whole]
    parts = list(data.each_partition(lambda number: _partition(data, scope, split, number)))
    with data.connect() as con:
        cut(con, scope.shapes, scope.as_of)
        answers = {question.name: merged(question, [rows(con, question.sql)]) for question in whole}
    for question in split:
        answers[question.name] = merged(question, [part[question.name] for part in parts])
    return answers


def _partition(
    data: Prepared, scope: Scope, questions: Sequence[Question | Largest], number: int
) -> dict[str, list[Row]]:
    with data.connect(number, ordered=False) as con:
        cut(con, scope.shapes, scope.as_of)
        build_panel(con, scope)
        if scope.has("complaints") and not scope.flat:
            con.execute(f"CREATE TABLE last_complaints AS {last_complaints(scope)}")
        return {question.name: rows(con, question.sql) for question in questions}


def merged(question: Question | Largest, parts: Iterable[list[Row]]) -> list[Row]:
    """The answers of the partitions as one, in order of the keys."""
    every = [row for part in parts for row in part]
    if isinstance(question, Largest):
        by = question.by
        return sorted(every, key=lambda row: (-row[by], str(row.get("customer_id"))))[: question.count]
    found: dict[tuple[object, ...], Row] = {}
    for row in every:
        key = tuple(row[name] for name in question.keys)
        found[key] = _added(found[key], row, question.keys) if key in found else row
    order: Callable[[tuple[object, ...]], tuple[tuple[bool, object], ...]] = lambda key: tuple(  # noqa: E731
        (part is None, part if part is not None else 0) for part in key
    )
    return [found[key] for key in sorted(found, key=order)]


def _added(one: Row, two: Row, keys: Sequence[str]) -> Row:
    return {name: value if name in keys else _sum(value, two[name]) for name, value in one.items()}


def _sum(one: float | None, two: float | None) -> float | None:
    if one is None or two is None:
        return one if two is None else two
    return one + two


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    """The answer to one question as rows."""
    found = con.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
