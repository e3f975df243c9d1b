"""dbt's way to the lake: a mart's SQL becomes the candidate of its port, and a view over it."""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import TargetConfig
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from data_products.candidate_writer import CandidateTarget, resulting_relation, write_candidate


class Plugin(BasePlugin):
    """Called by the materialization `port`; dbt-duckdb demands the name."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Takes the key of the pseudonyms, which no compiled SQL may contain."""
        self._pseudonym_key = str(plugin_config.get("pseudonym_key") or "")

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Remembers the connection that candidates are written through."""
        self._connection = conn

    def configure_cursor(self, cursor: DuckDBPyConnection) -> None:
        """Gives each session the key of the pseudonyms: variables are not inherited."""
        cursor.execute("SET VARIABLE pseudonym_key = ?", [self._pseudonym_key])

    def store(self, target_config: TargetConfig) -> None:
        """Writes the candidate, and makes the model's name a view over the table as it will be.

        Raises DbtRuntimeError when the run was not told where the port's candidate goes.
        """
        if target_config.location is None:
            raise DbtRuntimeError("The materialization `port` passes the model's SQL as location.")
        port = target_config.config["port"]
        document = target_config.config["candidates"].get(port)
        if document is None:
            raise DbtRuntimeError(
                f"No candidate is awaited for `{port}`. A mart is built by the main job, which "
                "says where its candidate goes: run `python -m orchestration`."
            )
        with self._connection.cursor() as session:
            self.configure_cursor(session)
            candidate = write_candidate(
                session,
                target_config.location.path,
                CandidateTarget.from_document(port, document),
            )
            written = resulting_relation(candidate)
            session.execute(f"CREATE OR REPLACE VIEW {target_config.relation} AS {written}")
