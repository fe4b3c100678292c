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
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write the starter config into.")],
) -> None:
    """Write a commented starter config."""
    from pipeline.init import init as run

    typer.echo(run(folder))


@app.command()
def check(config: ConfigPath, as_json: Json = False) -> None:
    """Report on the tables: rows, keys, orphans, contradictions, outcome windows, label rates."""
    from pipeline.check import check as run

    report = run(config)
    _show(report, as_json)
    if report.errors:
        sys.exit(4)


if __name__ == "__main__":
    main()
