"""`marketplace quarantine` from the list to the release, as the people who answer for a port."""

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

Command = Callable[..., tuple[int, str, str]]
PORT = "commercial.supplier_spend"


@pytest.fixture(scope="module")
def seeded_lake() -> Iterator[ModuleType]:
    """The small published lake of the web tests."""
    path = Path(__file__).parents[1] / "web" / "seeded_lake.py"
    specification = importlib.util.spec_from_file_location("cli_seeded_lake", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    yield module
    del sys.modules[specification.name]


@pytest.fixture
def candidate(
    seeded_lake: ModuleType, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The hash of a candidate in quarantine, in the home of the commands."""
    seeded = seeded_lake.seed(tmp_path)
    monkeypatch.setenv("MARKETPLACE_PROJECT", str(tmp_path / "project"))
    found: str = seeded.refused.candidate_hash
    return found


@pytest.mark.requirement("QUA-03")
def test_a_candidate_is_listed_shown_and_released(command: Command, candidate: str) -> None:
    code, listed, _ = command("quarantine", "list", "--as", "steward", "--json")
    _, shown, _ = command("quarantine", "show", PORT, candidate, "--as", "steward")
    reason = "Checked by hand."
    refused = command(
        "quarantine", "release", PORT, candidate, "--as", "steward", "--reason", reason
    )
    done = command("quarantine", "release", PORT, candidate, "--as", "owner", "--reason", reason)
    _, after, _ = command("quarantine", "list", "--as", "owner")

    assert code == 0
    assert [line["candidate_hash"] for line in json.loads(listed)["candidates"]] == [candidate]
    assert PORT in shown and "8 rows" in shown
    assert refused[0] == 1 and "Only an owner" in " ".join(refused[2].split())
    assert (done[0], done[1]) == (0, f"{PORT}: released as Delta version 1.\n")
    assert after == "No candidate of your ports is in quarantine.\n"


def test_a_candidate_is_discarded_with_a_reason(command: Command, candidate: str) -> None:
    short = command("quarantine", "discard", PORT, candidate, "--as", "steward", "--reason", "no")
    done = command(
        "quarantine", "discard", PORT, candidate, "--as", "steward", "--reason", "Cut short."
    )
    gone = command("quarantine", "show", PORT, candidate, "--as", "steward")

    assert short[0] == 1 and "Say why" in short[2]
    assert (done[0], done[1]) == (0, "Discarded.\n")
    assert gone[0] == 1 and "is in quarantine" in gone[2]
