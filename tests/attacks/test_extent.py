"""How many attacks there are: the suite may grow, and never shrinks below what is promised."""

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]

PROMISED = 150


def _modules() -> list[ModuleType]:
    found = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        specification = importlib.util.spec_from_file_location(f"counted_{path.stem}", path)
        assert specification is not None and specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        found.append(module)
    return found


def test_the_suite_has_as_many_attacks_as_promised() -> None:
    tables = [module.ATTACKS for module in _modules() if hasattr(module, "ATTACKS")]

    assert all(isinstance(table, Mapping) for table in tables)
    assert len(tables) >= 3
    assert sum(len(table) for table in tables) >= PROMISED


def test_no_attack_is_counted_twice() -> None:
    tables = [module.ATTACKS for module in _modules() if hasattr(module, "ATTACKS")]
    spelled = [repr(attack) for table in tables for attack in table.values()]

    assert len(spelled) == len(set(spelled))


def test_every_test_that_the_threat_model_names_exists() -> None:
    model = (ROOT / "docs/explanation/threat-model.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/.]+)`", model))

    assert len(named) > 10
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_the_threat_model_has_every_letter_at_each_door() -> None:
    model = (ROOT / "docs/explanation/threat-model.md").read_text(encoding="utf-8")
    doors = {part.split("\n", 1)[0]: part for part in model.split("\n## ")[1:4]}

    assert set(doors) == {"Pages and sign-in", "The interface for programs", "Statements"}
    for part in doors.values():
        assert set(re.findall(r"^\| ([STRIDE]) \|", part, re.MULTILINE)) == set("STRIDE")
