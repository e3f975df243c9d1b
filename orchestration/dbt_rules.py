"""The engine `dbt` of contracts' custom rules: a test of our own dbt project, by its name.

The mart is a view over the candidate's files by then, so that the test judges exactly those.
"""

import re
from collections.abc import Callable
from typing import Any

from contracts.errors import NotCheckable
from contracts.rule_engines import Engine, EngineAnswer
from orchestration.dbt_project import DbtProject, Manifest

_NAME = re.compile(r"[A-Za-z0-9_]+")


def dbt_engine(dbt: DbtProject, manifest: Callable[[], Manifest]) -> Engine:
    """Runs the test that a rule's `implementation` names and counts the rows that it returns.

    The manifest is asked for with the first rule: most contracts have none.
    """

    def run(implementation: Any) -> EngineAnswer:
        names = {node["name"] for node in manifest()["nodes"].values() if _is_test(node)}
        name = implementation if isinstance(implementation, str) else ""
        if _NAME.fullmatch(name) is None or name not in names:
            raise NotCheckable(
                f"`{name or implementation}` is no test of the dbt project. "
                "Write the name of one as `implementation`."
            )
        failures, query = dbt.test(name)
        return EngineAnswer(failures, query)

    return run


def _is_test(node: Any) -> bool:
    return bool(node["resource_type"] == "test")
