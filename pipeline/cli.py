"""The command line: arguments, exit codes, nothing else. Each command is one function of `pipeline`."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="Predict which customers will defect, why and at what loss, and turn that into a contact plan.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

ConfigPath = Annotated[Path, typer.Argument(metavar="CONFIG", help="The config file (YAML).")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]
AsOf = Annotated[str | None, typer.Option(help="Moment of the snapshot (ISO date); default: the end of the data.")]


def main() -> None:
    """Run the command; a user error is one line on stderr and its own exit code, without a traceback."""
    from features.errors import HoldfastError

    try:
        app()
    except HoldfastError as error:
        typer.echo(f"holdfast: {error}", err=True)
        sys.exit(error.exit_code)


def _show(result: Any, as_json: bool) -> None:
    """Results go to stdout: as one JSON object, or as text for people."""
    typer.echo(json.dumps(result.as_json(), ensure_ascii=False, indent=2) if as_json else result.as_text())


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo writes.")] = Path("demo-out"),
    customers: Annotated[int, typer.Option(min=200, help="Number of simulated customers.")] = 5000,
    months: Annotated[int, typer.Option(min=24, help="Length of the simulated records.")] = 36,
    seed: Annotated[int, typer.Option(help="Seed of the simulation.")] = 1,
) -> None:
    """Simulate a company, check, train, score and plan, and say what came out."""
    from pipeline.demo import demo as run

    typer.echo(run(out, customers=customers, months=months, seed=seed))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write the starter config into.")],
) -> None:
    """Write a commented starter config."""
    from pipeline.init import init as run

    typer.echo(run(folder))


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder to write; must be empty or new.")],
    customers: Annotated[int, typer.Option(help="Number of customers.")] = 5000,
    months: Annotated[int, typer.Option(help="Length of the records.")] = 36,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    scenario: Annotated[str, typer.Option(help="telecom, retail, b2b, quiet, voice or no_uplift.")] = "telecom",
    dirty: Annotated[bool, typer.Option("--dirty", help="Plant data defects, counted in truth/defects.json.")] = False,
    as_json: Json = False,
) -> None:
    """Write the tables of a simulated company, and the truth about it."""
    from pipeline.progress import bar
    from pipeline.simulator import simulate as run

    with bar("simulate") as progress:
        summary = run(customers, months, seed, out, scenario, dirty=dirty, progress=progress)
    _show(summary, as_json)


@app.command()
def check(config: ConfigPath, as_json: Json = False) -> None:
    """Report on the tables: rows, keys, orphans, contradictions, outcome windows, label rates."""
    from pipeline.check import check as run

    report = run(config)
    _show(report, as_json)
    if report.errors:
        sys.exit(4)


@app.command()
def features(
    config: ConfigPath,
    out: Annotated[Path | None, typer.Option(help="Matrix (Parquet or CSV by suffix; else a folder of parts).")] = None,
    as_of: AsOf = None,
) -> None:
    """Write the feature matrix of all customers at one snapshot, or list the features."""
    from pipeline.feature_matrix import features as run

    typer.echo(run(config, out, as_of))


@app.command()
def train(
    config: ConfigPath,
    as_json: Json = False,
    report: Annotated[Path | None, typer.Option(help="Also write the training report here (HTML).")] = None,
    tune: Annotated[
        str | None, typer.Option(metavar="TIME", help="Search better shapes of the risk model for so long: 10m, 90s.")
    ] = None,
) -> None:
    """Train, compare with baselines on later snapshots, track in MLflow, register the model."""
    from pipeline.train import train as run

    _show(run(config, report=report, tune=tune), as_json)


@app.command()
def report(
    config: ConfigPath,
    out: Annotated[Path, typer.Option(help="Page to write (HTML).")],
    model: Annotated[str, typer.Option(help="champion, challenger or a version number.")] = "champion",
) -> None:
    """Write the training report of a registered model."""
    from pipeline.kept_report import report as run

    typer.echo(run(config, out, model))


@app.command()
def evaluate(
    config: ConfigPath,
    model: Annotated[str, typer.Option(help="champion, challenger or a version number.")] = "champion",
    report: Annotated[Path | None, typer.Option(help="Also write the figures as a page here (HTML).")] = None,
    truth: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Instead, a fit on the training snapshots against a simulated company's."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure a registered model on later labelled snapshots, period by period; or against a simulated truth."""
    from pipeline.evaluate import evaluate as run
    from pipeline.truth import against_truth

    _show(against_truth(config, truth) if truth else run(config, model, report), as_json)


@app.command()
def leakcheck(
    config: ConfigPath,
    model: Annotated[str, typer.Option(help="Version whose training run keeps the result.")] = "challenger",
    as_json: Json = False,
) -> None:
    """Prove that no feature sees the future, and look for columns that are too good to be true."""
    from pipeline.leakcheck import leakcheck as run

    report = run(config, model)
    _show(report, as_json)
    if not report.passed:
        sys.exit(5)


@app.command()
def promote(
    config: ConfigPath,
    model: Annotated[str, typer.Option(help="challenger or a version number.")] = "challenger",
    force: Annotated[bool, typer.Option("--force", help="In spite of findings; they are recorded.")] = False,
    as_json: Json = False,
) -> None:
    """Make a model version the champion, if it passes the gate: leak check, baselines, champion, calibration."""
    from pipeline.promote import promote as run

    _show(run(config, model, force=force), as_json)


@app.command()
def score(
    config: ConfigPath,
    out: Annotated[
        Path, typer.Option(help="Score file (Parquet or CSV by suffix); without a suffix a folder of parts.")
    ],
    customers: Annotated[Path | None, typer.Option(help="CSV or Parquet with customer_id; default: all.")] = None,
    as_of: AsOf = None,
    model: Annotated[str, typer.Option(help="champion, challenger or a version number.")] = "champion",
    reasons: Annotated[
        str | None,
        typer.Option(metavar="all|N|none", help="Who gets reasons: so many by expected loss; default: the config's."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Score a customer list: risk, type, loss and reasons, one row each, in the order asked."""
    from pipeline.score import score as run

    _show(run(config, out, customers=customers, as_of=as_of, model=model, reasons=reasons), as_json)


@app.command()
def plan(
    config: ConfigPath,
    scores: Annotated[Path, typer.Option(help="Score file written by holdfast score.")],
    out: Annotated[Path, typer.Option(help="Folder for the plan.")],
    as_json: Json = False,
) -> None:
    """Choose customers and actions under budget and capacity."""
    from pipeline.contact_plan import contact_plan as run

    _show(run(config, scores, out), as_json)


@app.command()
def learn(
    config: ConfigPath,
    plan: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the plan, once its horizon has passed.")],
    contacts: Annotated[
        Path, typer.Option(help="What was really done (CSV or Parquet, columns of the table contacts).")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for what was learned; default: the one that plan reads.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what a plan's contacts did against its hold-out, and update the odds of the next plan."""
    from pipeline.learn import learn as run

    _show(run(config, plan, contacts, out), as_json)


@app.command()
def diagnose(
    config: ConfigPath,
    as_of: Annotated[
        str | None, typer.Option(help="Day of the diagnosis (ISO date); default: the end of the data.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of page and summary: en or zh.")] = "en",
    out: Annotated[Path | None, typer.Option(help="Page to write (HTML).")] = None,
    tables: Annotated[Path | None, typer.Option(help="New folder for all tables (Parquet).")] = None,
    with_names: Annotated[bool, typer.Option("--with-names", help="Put customer ids to the largest cases.")] = False,
    as_json: Json = False,
) -> None:
    """Say how bad it is, why and what it costs: retention, complaints, losses, moments of truth."""
    from pipeline.diagnose import diagnose as run
    from pipeline.diagnose import write_page, write_tables
    from pipeline.diagnosis.page.words import words
    from pipeline.diagnosis.summary import summary

    words(lang)  # a wrong language is said before the work
    found = run(config, as_of, with_names=with_names)
    if out:
        write_page(found, out, lang)
    if tables:
        write_tables(found, tables)
    typer.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2) if as_json else summary(found, lang))


if __name__ == "__main__":
    main()
