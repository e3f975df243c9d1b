"""A contract's custom rule may be a test of the dbt project."""

import pytest

from contracts.errors import NotCheckable
from contracts.rule_engines import Engine
from orchestration.dbt_project import DbtProject
from orchestration.dbt_rules import dbt_engine
from orchestration.errors import ModelFailed

FILES = {
    "dbt_project.yml": "name: small\nversion: '1.0'\nprofile: small\n",
    "profiles.yml": "small:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n"
    "      path: \"{{ env_var('DBT_WAREHOUSE') }}\"\n",
    "models/lines.sql": "select unnest(range(5)) as line",
    "tests/assert_no_line_is_negative.sql": "select 1 where false",
    "tests/assert_few_lines.sql": "select unnest(range(3))",
    "tests/assert_what_cannot_be.sql": "select * from nowhere.at_all",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("small")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    home = tmp_path_factory.mktemp("home")
    dbt = DbtProject(folder, home / "warehouse.duckdb", home / "spill", 256, pseudonym_key="a key")
    return dbt_engine(dbt, dbt.manifest)


def test_a_test_without_rows_is_a_kept_rule(engine: Engine) -> None:
    answer = engine("assert_no_line_is_negative")

    assert (answer.failing_rows, answer.query) == (0, "select 1 where false")


def test_the_rows_of_a_test_are_those_that_break_the_rule(engine: Engine) -> None:
    assert engine("assert_few_lines").failing_rows == 3


@pytest.mark.parametrize("name", ["lines", "assert_nothing", "assert_few_lines+", {"name": "x"}])
def test_what_is_no_test_is_not_run(name: object, engine: Engine) -> None:
    with pytest.raises(NotCheckable, match="is no test of the dbt project"):
        engine(name)


def test_a_test_that_breaks_is_no_answer(engine: Engine) -> None:
    with pytest.raises(ModelFailed, match="assert_what_cannot_be"):
        engine("assert_what_cannot_be")
