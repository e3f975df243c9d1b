"""`python -m orchestration`: the main job in this process, with progress and a summary.

Exit status: 0 when every port is up to date, 1 when one was refused or could not be built.
"""

import argparse
import gc
import json
import os
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from rich.console import Console

from contracts.errors import ContractError
from data_products.errors import DataProductError
from data_products.rule_sandbox import kept_open
from marketplace.config import Settings
from marketplace.errors import MarketplaceError
from orchestration.errors import OrchestrationError, RunInProgress
from orchestration.progress import Terminal
from orchestration.run_log import RunLog
from orchestration.sources.errors import LandingError

if TYPE_CHECKING:
    import dagster as dg

    from orchestration.platform import Platform

COLLECTED_AFTER = (50_000, 50, 100)  # objects, as gc.set_threshold: most live until the run ends
SUMMARY_WIDTH = 150  # of the tables, also where the output is no terminal
REFUSALS = (
    ContractError,
    DataProductError,
    LandingError,
    MarketplaceError,
    OrchestrationError,
    OSError,
)


def main() -> int:
    """Runs the job once and prints what came of it."""
    gc.set_threshold(*COLLECTED_AFTER)
    arguments = _arguments()
    console = Console(stderr=arguments.json)
    console.width = max(console.width, SUMMARY_WIDTH)
    try:
        settings = Settings.from_environment()
        run_log = run(settings, console)
    except REFUSALS as refusal:
        console.print(f"[bold red]Refused[/] {refusal}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped. What was published before stays served; run again to go on.")
        return 130
    if arguments.json:
        sys.stdout.write(json.dumps(run_log.document(), indent=2) + "\n")
    else:
        run_log.show(console)
    return 1 if run_log.failed else 0


def run(settings: Settings, console: Console) -> RunLog:
    """The main job over `settings`, told on `console`.

    Raises RunInProgress when another run holds the home folder.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        with (
            FileLock(settings.home / "run.lock", timeout=0),
            Terminal(console).shown() as progress,
        ):
            return _execute(settings, progress)
    except Timeout:
        raise RunInProgress(str(settings.home)) from None


def _execute(settings: Settings, progress: Terminal) -> RunLog:
    """What a run keeps open for all its ports is opened and ended here."""
    from orchestration.platform import open_platform

    progress.say("Reading contracts, descriptors and models")
    platform = open_platform(settings, progress)
    with platform.dbt.warehouse_kept_open(), kept_open(platform.rules) as rules:
        return _run_job(replace(platform, open_rules=rules))


def _run_job(platform: "Platform") -> RunLog:
    """Dagster is imported here, so that a refused start says so at once."""
    warnings.filterwarnings("ignore", module="dagster")
    from orchestration.definitions import definitions
    from orchestration.schedules import MAIN_JOB

    platform.progress.say(f"Source files: {platform.source_root}")
    run_log = RunLog()
    for port in platform.graph.ports:
        run_log.port(port).sources = platform.graph.inputs(port).landed
    job = definitions(platform, run_log).resolve_job_def(MAIN_JOB)
    with _instance(platform.settings.home) as instance:
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    _note_failures(result, run_log)
    return run_log


def _note_failures(result: object, run_log: RunLog) -> None:
    """Tells each failed step's reason at its port; a step of no port fails the run by itself."""
    for event in result.filter_events(lambda event: event.is_step_failure):  # type: ignore[attr-defined]
        step: str = event.step_key
        data = event.event_specific_data
        reason = data.error.cause or data.error
        _, _, name = step.partition("__")
        port = name.replace("__", ".", 1) if name.replace("__", ".", 1) in run_log.ports else None
        record = run_log.port(port or step)
        if record.failure is None:
            record.failure = reason.message.strip()


def _instance(home: Path) -> "dg.DagsterInstance":
    """Dagster's instance where `DAGSTER_HOME` says, as it is set up there; else in `home`."""
    import dagster as dg

    from orchestration.event_log import instance_of_a_run

    if "DAGSTER_HOME" in os.environ:
        return dg.DagsterInstance.get()
    folder = _dagster_home(home)
    os.environ["DAGSTER_HOME"] = str(folder)
    return instance_of_a_run(folder)


def _dagster_home(home: Path) -> Path:
    folder = (home / "dagster").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists():
        config.write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    return folder


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m orchestration", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
