"""`marketplace sample make`: a fictional government's source files."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import Progress, TaskID

from marketplace.cli.output import AsJson, console, out, print_json
from marketplace.config import Settings
from sample_sources.maker import make_sample
from sample_sources.model import SampleSize

app = typer.Typer(no_args_is_help=True, help="Source files of a fictional government.")


@app.callback()
def sample() -> None:
    """Source files of a fictional government."""


@app.command("make")
def make(
    rows: Annotated[int, typer.Option(help="payment rows, before planted faults")] = 60_000,
    seed: Annotated[int, typer.Option(help="another seed, other values")] = 1,
    until: Annotated[str, typer.Option(help="first month without data, YYYY-MM; this month")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the sample sources; the same rows, seed and month give the same bytes."""
    settings = Settings.from_environment()
    if settings.sources is not None:
        console.print(f"Reading the sources in {settings.sources}: no sample is made.")
        return
    month = datetime.strptime(until, "%Y-%m") if until else datetime.now(UTC)
    size = SampleSize(rows=rows, seed=seed, until=month.date().replace(day=1))
    with Progress(console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(kind: str, done: int, total: int) -> None:
            task = tasks.setdefault(kind, bars.add_task(f"Making {kind}", total=total))
            bars.update(task, completed=done)

        report = make_sample(settings.sample, size, advance)
    if as_json:
        print_json({"files": len(report.files), "unchanged": report.unchanged})
    else:
        state = "unchanged" if report.unchanged == len(report.files) else "written"
        out.print(f"Sample sources: {len(report.files)} files in {settings.sample}, {state}.")
