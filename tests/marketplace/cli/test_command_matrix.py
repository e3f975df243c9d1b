"""Every role at every command that acts as a person. A new command needs a row here.

Commands ask the same application as the pages, so that what a role may do is decided once; this
holds that no command goes around it.
"""

import importlib.util
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import typer.main

from marketplace.cli import app as commands
from marketplace.client.errors import Refused
from marketplace.config import Settings
from marketplace.errors import MarketplaceError
from marketplace.web.app import create_app

WEB = Path(__file__).parents[1] / "web"


def _loaded(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"commands_{name}", WEB / f"{name}.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


seeded_lake, routes = _loaded("seeded_lake"), _loaded("test_role_matrix")
ALL, ANSWER, KEEP, OVERSEE = routes.ALL, routes.ANSWER, routes.KEEP, routes.OVERSEE
PAYMENTS, SPEND = routes.PAYMENTS, routes.SPEND
GOVERNANCE = frozenset({"governance"})
REASON = ("--reason", "Tried by every role.")
SHORT = ("--reason", "no")  # who is let in is told that it says too little
STORY = ("--title", "Names differ", "--description", "Spelled in two ways.", "--severity", "low")
Row = tuple[frozenset[str], tuple[str, ...]]

ACTING: dict[str, Row] = {
    "alert close": (GOVERNANCE, ("{alert}", "explained", *SHORT)),
    "alert list": (ALL, ()),
    "audit export": (OVERSEE, ("--scope", "all")),
    "audit list": (OVERSEE, ()),
    "condition end": (GOVERNANCE, ("{fulfilment}", *REASON)),
    "condition list": (ALL, ()),
    "condition record": (GOVERNANCE, ("analyst", "a_course", "--evidence", "Certificate 12")),
    "contract decide": (
        frozenset({"steward"}), (PAYMENTS, "amount", "--not-personal", *REASON)
    ),
    "contract held": (frozenset({"steward"}), (PAYMENTS,)),
    "emergency list": (ALL, ()),
    "emergency open": (frozenset(), (SPEND, "--hours", "2", *REASON)),
    "emergency review": (KEEP, ("{emergency}", "--justified", *REASON)),
    "grant confirm": (KEEP, ("{grant}", *REASON)),
    "grant list": (ALL, ()),
    "grant resume": (KEEP, ("{grant}", *REASON)),
    "grant revoke": (KEEP | {"analyst", "administrator"}, ("{grant}", *REASON)),
    "grant suspend": (KEEP, ("{grant}", *REASON)),
    "issue close": (ANSWER, ("{issue}", *SHORT)),
    "issue open": (ANSWER | {"custodian"}, (PAYMENTS, *STORY)),
    "issue progress": (ANSWER | {"custodian"}, ("{issue}", "acknowledged", *SHORT)),
    "issue route": (ANSWER, ("{issue}", "--root-cause", "contract", *SHORT)),
    "issue show": (ALL, ("{issue}",)),
    "person record": (GOVERNANCE, ("analyst", "joined", *REASON)),
    "product impact": (routes.SEE_LOG, (PAYMENTS,)),
    "quarantine discard": (ANSWER, (SPEND, "{candidate}", *SHORT)),
    "quarantine list": (ANSWER, ()),
    "quarantine release": (frozenset({"owner"}), (SPEND, "{candidate}", *SHORT)),
    "quarantine show": (ANSWER, (SPEND, "{candidate}")),
    "query run": (ALL, ("select 1",)),
    "request approve": (frozenset({"steward"}), ("{request}",)),
    "request inbox": (ALL, ()),
    "request list": (ALL, ()),
    "request refuse": (frozenset({"steward"}), ("{request}", *REASON)),
    "request review": (GOVERNANCE, ("{request}", "legal", "--pass", *REASON)),
    "request submit": (ALL, (PAYMENTS, "--purpose", "short")),
    "request withdraw": (frozenset({"analyst"}), ("{request}",)),
}  # fmt: skip


def acting(command: click.Command, path: str = "") -> Iterator[str]:
    """The commands that act as a person."""
    children = getattr(command, "commands", None)
    for name, child in sorted((children or {}).items()):
        yield from acting(child, f"{path} {name}".strip())
    if children is None and any("--as" in option.opts for option in command.params):
        yield path


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The things that are acted on, in the home of the commands."""
    folder = tmp_path_factory.mktemp("commands")
    seeded = seeded_lake.seed(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARKETPLACE_HOME", str(folder / "home"))
        patch.setenv("MARKETPLACE_PROJECT", str(folder / "project"))
        patch.chdir(folder)
        app = create_app(Settings.from_environment())
        made = routes.Doors(app, routes_http(app), datetime.now(UTC))
        yield made, seeded.refused.candidate_hash
        made.http.close()
        app.state.rooms.engine.close()
        app.state.rooms.store.close()


def routes_http(app: Any) -> Any:
    return _loaded("conftest").Http(app)


def is_let_in(arguments: list[str]) -> bool:
    """Whether a command got past the question who is acting."""
    try:
        commands(arguments, standalone_mode=False)
    except Refused as refused:
        awaits = "awaits a decision" in str(refused)  # of a column: past the question
        return awaits or refused.status not in {401, 403, 404}
    except MarketplaceError:
        return True
    return True


def test_every_command_that_acts_as_a_person_has_a_row() -> None:
    assert sorted(acting(typer.main.get_command(commands))) == sorted(ACTING)


def tried(doors: Any, command: str, people: list[str]) -> set[str]:
    _, arguments = ACTING[command]
    made, candidate = doors
    things = made.things(candidate)
    placed = [each.format(**things) if each[0] == "{" else each for each in arguments]
    return {each for each in people if is_let_in([*command.split(), *placed, "--as", each])}


@pytest.mark.requirement("GOV-03")
@pytest.mark.parametrize("command", ["quarantine release", "request approve", "audit list"])
def test_a_command_lets_in_one_role_and_not_another(doors: Any, command: str) -> None:
    who = sorted(ACTING[command][0])[0]

    assert tried(doors, command, [who, "engineer"]) == {who}


@pytest.mark.slow
@pytest.mark.requirement("GOV-03")
@pytest.mark.parametrize("command", ACTING)
def test_a_command_lets_in_the_roles_that_it_is_for(doors: Any, command: str) -> None:
    assert tried(doors, command, sorted(ALL)) == ACTING[command][0]
