"""How many attacks there are: the suite may grow, and never shrinks below what is promised."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

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
