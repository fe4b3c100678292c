"""Where the lift goes: what the model reaches, what no record shows, and what the model misses."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.metrics_bootstrap import REPLICATES
from pipeline.fitting import LabelledRows, fit
from pipeline.truth.evaluate import AgainstTruth, Case, measured, opened
from pipeline.truth.folder import with_latents


@dataclass(frozen=True)
class Split:
    """The same model on the records alone, and with the latent variables as further columns."""

    records: AgainstTruth
    latents: AgainstTruth

    def as_json(self) -> dict[str, Any]:
        """Shares of the oracle's lift in AUC over 0.5, and of the gain over the prior that types reach with latents.

        `reached` + `not_in_the_records` + `missed` is 1: `missed` is what the model leaves even when it is given the
        latent variables. `expected` is the same by expected AUC.
        """
        found: dict[str, Any] = {"config": self.records.config, "rows": dict(self.records.rows)}
        for name, measure in (("lift", "share_of_lift"), ("lift_expected", "share_of_lift_expected")):
            records, latents = (run.measures["risk"][measure] for run in (self.records, self.latents))
            found[name] = {"reached": records, "not_in_the_records": latents - records, "missed": 1 - latents}
        types = [run.measures.get("type", {}).get("gain", float("nan")) for run in (self.records, self.latents)]
        found["type_gain_share"] = types[0] / types[1] if types[1] > 0 else float("nan")
        return found | {"records": self.records.as_json(), "latents": self.latents.as_json()}


def split_of_lift(path: Path, folder: Path, *, replicates: int = REPLICATES) -> Split:
    """Fit twice on the training snapshots and compare both with the truth; raises as `against_truth` does."""
    case = opened(path, folder)
    return Split(_fitted(case, replicates), _fitted(_enriched(case), replicates))


def _enriched(case: Case) -> Case:
    rows, entries = with_latents(case.rows.table, case.truth)
    return replace(case, rows=LabelledRows(rows), entries=(*case.entries, *entries))


def _fitted(case: Case, replicates: int) -> AgainstTruth:
    return measured(case, fit(case.part(case.split.train), case.entries, case.config), replicates=replicates)
