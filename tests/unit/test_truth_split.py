"""The split of the lift, and the latent variables as further columns."""

import duckdb
import pyarrow as pa
import pytest

from features.errors import DataError
from pipeline.simulator import simulate
from pipeline.truth import AgainstTruth
from pipeline.truth.folder import TruthFolder, with_latents
from pipeline.truth.split import Split


def _run(share: float, gain: float) -> AgainstTruth:
    measures = {"risk": {"share_of_lift": share, "share_of_lift_expected": share - 0.01}, "type": {"gain": gain}}
    return AgainstTruth("any", "telecom", {"train": [], "test": []}, {"train": 1, "test": 1}, measures)


def test_what_the_latent_variables_gain_is_in_no_record_and_the_rest_is_missed() -> None:
    found = Split(_run(0.90, 0.08), _run(0.97, 0.10)).as_json()
    assert found["lift"] == pytest.approx({"reached": 0.90, "not_in_the_records": 0.07, "missed": 0.03})
    assert sum(found["lift_expected"].values()) == pytest.approx(1)
    assert found["type_gain_share"] == pytest.approx(0.8)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> TruthFolder:
    out = tmp_path_factory.mktemp("company") / "out"
    simulate(60, 8, 2, out, workers=1)
    return TruthFolder.open(out / "truth")


def _keys(truth: TruthFolder) -> pa.Table:
    """Some customers and months, in an order that is nobody's."""
    months = f"read_parquet('{truth.folder}/customer_months/*.parquet')"
    return duckdb.sql(
        f"SELECT customer_id, as_of, p180 FROM {months} ORDER BY hash(customer_id, as_of)"
    ).to_arrow_table()


def test_every_row_gets_its_own_truth_in_its_own_order(truth: TruthFolder) -> None:
    keys = _keys(truth)
    assert truth.about(keys).column("p180").to_pylist() == keys.column("p180").to_pylist()


def test_latent_variables_become_columns_with_entries(truth: TruthFolder) -> None:
    keys = _keys(truth).slice(3, 40)
    rows, entries = with_latents(keys, truth)
    names = [entry.name for entry in entries]
    assert rows.column_names == [*keys.column_names, *names]
    assert {"latent__satisfaction", "latent__slide", "latent__coming_price_rise_6m"} <= set(names)
    assert all(entry.source == "truth" for entry in entries)
    assert rows.column("latent__mood").null_count == 0


def test_customers_of_another_company_are_refused(truth: TruthFolder) -> None:
    keys = _keys(truth)
    strangers = keys.set_column(0, "customer_id", pa.array([f"Z{n}" for n in range(keys.num_rows)]))
    with pytest.raises(DataError, match="does not belong to the data"):
        truth.about(strangers)
