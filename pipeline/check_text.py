"""The check report as a page for the terminal."""

from datetime import datetime
from io import StringIO

from rich.console import Console
from rich.table import Table

from pipeline.check import Report, SnapshotReport, TableReport


def text(report: Report) -> str:
    """Tables, snapshots, warnings, errors, and a last line that says how it stands."""
    out = Console(file=StringIO(), width=118, highlight=False, soft_wrap=False)
    out.print(f"holdfast check: {report.config}")
    if report.tables:
        out.print(_tables(report))
        out.print(
            f"Records end at {_day(report.data_until)}; outcomes are known for snapshots until "
            f"{_day(report.complete_until)}."
            if report.complete_until
            else "Flat data: one row a customer, the label is a column."
        )
    if report.snapshots:
        out.print(_snapshots(report))
    for warning in report.warnings:
        out.print(f"warning: {warning}", markup=False)
    for error in report.errors:
        out.print(f"error: {error}", markup=False)
    verdict = "Errors: mend them before training." if report.errors else "No errors."
    out.print(f"{verdict} {len(report.errors)} errors, {len(report.warnings)} warnings.")
    return out.file.getvalue().rstrip()  # type: ignore[attr-defined, no-any-return]


def _tables(report: Report) -> Table:
    table = Table("table", "rows", "customers", "first", "last", "missing (share)", box=None, pad_edge=False)
    for name, found in report.tables.items():
        table.add_row(
            name, f"{found.rows:,}", f"{found.customers:,}", _day(found.first), _day(found.last), _missing(found)
        )
    return table


def _missing(found: TableReport) -> str:
    worst = sorted(found.missing.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{column} {share:.0%}" if share >= 0.01 else f"{column} <1%" for column, share in worst[:5])
    return shown + (f" and {len(worst) - 5} more" if len(worst) > 5 else "")


def _snapshots(report: Report) -> Table:
    table = Table("snapshot", "use", "at risk", "defected", "rate", "unlabelled", "others", box=None, pad_edge=False)
    for found in report.snapshots:
        table.add_row(
            _day(found.as_of),
            found.use,
            f"{found.at_risk:,}",
            f"{found.defected:,}",
            _rate(found),
            f"{found.unlabelled:,}",
            ", ".join(f"{kind} {count:,}" for kind, count in sorted(found.others.items())),
        )
    return table


def _rate(found: SnapshotReport) -> str:
    return f"{found.rate:.1%}" if found.at_risk else "-"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "-"
