"""Values that code, not SQL, makes of a text: found once for each different text, then joined with the rows by it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from features.history import quoted
from features.text_model import TextModel

if TYPE_CHECKING:
    import duckdb

LOOKED_UP = "hf_looked_up"
LAST = "hf_last_snapshots"


@dataclass(frozen=True)
class Lookup:
    """`relation` holds `hf_looked_up`, each different value of `column` in `rows`, and the model's hf_score_0, _1, ...

    A row finds its text's scores by the text it has at the snapshot, and scores of one text depend on nothing else.
    """

    relation: str
    rows: str
    column: str
    model: TextModel


@contextmanager
def looked_up(con: "duckdb.DuckDBPyConnection", lookups: Iterable[Lookup]) -> Iterator[None]:
    """The relations are there while the block runs."""
    wanted = {lookup.relation: lookup for lookup in lookups}
    for name, lookup in wanted.items():
        con.register(name, _table(con, lookup))
    try:
        yield
    finally:
        for name in wanted:
            con.unregister(name)


def _table(con: "duckdb.DuckDBPyConnection", lookup: Lookup) -> pa.Table:
    """What was known at any snapshot is known at the customer's last one, so each row is asked for once."""
    last = "SELECT max(rid) AS rid, customer_id, max(as_of) AS as_of FROM snapshots GROUP BY customer_id"
    con.execute(f"CREATE OR REPLACE TEMP TABLE {LAST} AS {last}")
    text = quoted(lookup.column)
    known = f"SELECT DISTINCT {text} FROM ({lookup.rows}) WHERE {text} IS NOT NULL"
    sql = f"WITH snapshots AS (SELECT * FROM {LAST}) {known}"
    texts = con.sql(sql).to_arrow_table().column(0).to_pylist()
    scores = lookup.model.scores(texts)
    columns = {f"hf_score_{n}": scores[:, n] for n in range(scores.shape[1])}
    return pa.table({LOOKED_UP: pa.array(texts, pa.string()), **columns})
