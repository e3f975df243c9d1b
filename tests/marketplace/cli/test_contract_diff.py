"""`marketplace contract diff`: a table with reasons, the demanded version, and how it leaves."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]
SOURCE = Path(__file__).parents[3] / "contracts" / "people" / "workforce_monthly.v1.odcs.yaml"


def changed(tmp_path: Path, *replacements: tuple[str, str]) -> str:
    text = SOURCE.read_text(encoding="utf-8")
    for before, after in replacements:
        assert before in text
        text = text.replace(before, after, 1)
    path = tmp_path / "changed.odcs.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def bumped(version: str) -> tuple[str, str]:
    current = next(
        line for line in SOURCE.read_text(encoding="utf-8").splitlines() if "version:" in line[:9]
    )
    return current, f"version: {version}"


@pytest.mark.requirement("INT-05")
def test_a_breaking_change_under_a_minor_version_is_refused_with_its_reason(
    command: Command, tmp_path: Path
) -> None:
    new = changed(tmp_path, ("required: true", "required: false"), bumped("1.9.0"))

    code, told, _ = command("contract", "diff", str(SOURCE), new)

    assert code == 1
    assert "breaking" in told
    assert "Consumers may meet NULL." in told
    assert "at least 2.0.0 is demanded after 1." in told
    assert told.strip().endswith("1.9.0 is too low.")


def test_the_same_change_under_a_major_version_passes(command: Command, tmp_path: Path) -> None:
    new = changed(tmp_path, ("required: true", "required: false"), bumped("2.0.0"))

    assert command("contract", "diff", str(SOURCE), new)[0] == 0


def test_nothing_changed_is_told_and_passes(command: Command) -> None:
    code, told, _ = command("contract", "diff", str(SOURCE), str(SOURCE))

    assert (code, "The contracts promise the same." in told) == (0, True)


def test_json_has_every_change_with_its_impact_gates_and_reason(
    command: Command, tmp_path: Path
) -> None:
    new = changed(tmp_path, ("required: true", "required: false"))

    code, told, _ = command("contract", "diff", str(SOURCE), new, "--json")

    document = json.loads(told)
    assert code == 1
    assert document["impact"] == "breaking"
    assert document["demanded_version"] == "2.0.0"
    assert document["is_version_enough"] is False
    (change,) = document["changes"]
    assert change["path"].endswith(".required")
    assert (change["bump"], change["gates"]) == ("major", [])


@pytest.mark.parametrize("name", ["nowhere.yaml", "finance.orders"])
def test_what_is_not_there_is_misuse(command: Command, name: str) -> None:
    code, _, told = command("contract", "diff", name, str(SOURCE))

    assert code == 2
    assert name in told
