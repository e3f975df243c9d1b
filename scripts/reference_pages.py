"""Writes docs/reference from the code, so that no setting, command, route or error is missing.

`make reference` runs it; a test compares its output with what is committed.
"""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import typer.main

from contracts.standards.register import Standard, shipped_standards
from data_products.registry import load_registry
from marketplace.cli import app as cli
from marketplace.config import PREFIX, Settings

PAGES = Path(__file__).parents[1] / "docs" / "reference"
ERROR_MODULES = (
    "confinement.errors",
    "contracts.errors",
    "data_products.errors",
    "orchestration.errors",
    "orchestration.sources.errors",
    "sample_sources.errors",
    "marketplace.errors",
    "marketplace.client.errors",
    "marketplace.access.errors",
    "marketplace.access.issue_errors",
    "marketplace.access.life_errors",
    "marketplace.access.alert_errors",
    "marketplace.access.request_errors",
    "marketplace.access.emergency_errors",
    "marketplace.index.errors",
    "marketplace.query.errors",
    "marketplace.web.errors",
    "marketplace.web.openid.errors",
)


def pages() -> dict[str, str]:
    """Every generated page by file name."""
    return {
        "settings.md": _settings(),
        "commands.md": _commands(),
        "routes.md": _routes(),
        "errors.md": _errors(),
        "standards.md": _standards(),
    }


def main() -> None:
    """Writes the pages."""
    PAGES.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")


def _settings() -> str:
    lines = [
        "# Settings",
        "",
        "Environment variables. A variable with the prefix that is not a setting is refused.",
        "",
        "| setting | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = (
            "" if field.default is None else str(getattr(field.default, "value", field.default))
        )
        lines.append(f"| `{PREFIX}{name.upper()}` | {default or 'none'} | {field.description} |")
    return "\n".join(lines) + "\n"


def _commands() -> str:
    lines = [
        "# Commands",
        "",
        "`marketplace <noun> <verb>`. Exit status: 0 done, 1 refused by a rule, 2 misuse.",
        "`make` lists the commands that set up, run and test the project.",
        "",
        "| command | what it does |",
        "|---|---|",
    ]
    root = typer.main.get_command(cli)
    lines += [f"| `{path}` | {summary} |" for path, summary in _walk(root, "marketplace")]
    return "\n".join(lines) + "\n"


def _walk(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    children = getattr(command, "commands", None)
    if children is None:
        arguments = [f"<{p.name}>" for p in command.params if p.param_type_name == "argument"]
        options = [f"[{p.opts[0]}]" for p in command.params if p.param_type_name == "option"]
        yield " ".join([path, *arguments, *options]), (command.help or "").split("\n")[0]
        return
    for name in sorted(children):
        yield from _walk(children[name], f"{path} {name}")


def _routes() -> str:
    from marketplace.web.app import routes

    lines = [
        "# Routes",
        "",
        "Each page has a JSON twin: the same address with `.json`, or `Accept: application/json`.",
        "`/openapi.json` describes them to machines.",
        "",
        "| method | address | what it gives |",
        "|---|---|---|",
    ]
    for method, path, summary in routes():
        lines.append(f"| {method} | `{path}` | {summary} |")
    return "\n".join(lines) + "\n"


def _errors() -> str:
    lines = ["# Errors", "", "What each refusal means. Its message says what to do.", ""]
    for name in ERROR_MODULES:
        module = _module(name)
        if module is None:
            continue
        lines += [f"## `{name}`", "", "| error | meaning |", "|---|---|"]
        for error_name, error in sorted(inspect.getmembers(module, _is_error(module))):
            summary = (inspect.getdoc(error) or "").split("\n")[0]
            lines.append(f"| `{error_name}` | {summary} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _standards() -> str:
    lines = [
        "# Reference standards",
        "",
        "Bind a column of a port with the custom property `standard` and an id of this page; pin",
        "its edition as in `iso-4217@2026-01-01`. The check counts the rows outside and names the",
        "edition. Nothing is fetched: the lists ship with the platform.",
        "",
        "| id | a value is a | members | edition | source | licence |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{each.id}` | {each.title}, as in {_shown(each.examples)} | {_members(each)} "
        f"| {each.edition} | <{each.source}> | {each.licence} |"
        for each in shipped_standards().values()
    ]
    lines += [
        "",
        "## Standards that ports offer",
        "",
        "A column of a port becomes a standard with the custom property `offersStandard`: its",
        "values are the codes, the published version is the edition. Columns that are called as in",
        "`columnNames` and are not bound raise a warning.",
        "",
        "| id | title | port and column |",
        "|---|---|---|",
    ]
    offers = load_registry(PAGES.parents[1]).standards.values()
    lines += [f"| `{o.standard}` | {o.title} | `{o.port}.{o.column}` |" for o in offers]
    return "\n".join(lines) + "\n"


def _shown(values: tuple[str, ...]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _members(standard: Standard) -> str:
    return f"{len(standard.codes)} codes" if standard.codes else "a form"


def _module(name: str) -> ModuleType | None:
    package = importlib.import_module(name.rpartition(".")[0])
    found = {module.name for module in pkgutil.iter_modules(package.__path__)}
    return importlib.import_module(name) if name.rpartition(".")[2] in found else None


def _is_error(module: ModuleType):  # type: ignore[no-untyped-def]
    return lambda value: (
        inspect.isclass(value)
        and issubclass(value, Exception)
        and value.__module__ == module.__name__
    )


if __name__ == "__main__":
    main()
