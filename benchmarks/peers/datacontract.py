"""datacontract-cli on the same contract; it wants the parents described in it too."""

import re
from typing import Any

import yaml
from datacontract.data_contract import DataContract  # type: ignore[import-not-found]

from benchmarks.peers.plain_sql import Task, task, tell

_KINDS = {
    "field_required": "required",
    "field_minimum": "minimum",
    "field_maximum": "maximum",
    "field_invalid_values": "enum",
    "field_regex": "pattern",
    "field_max_length": "maxLength",
    "field_relationships": "reference",
}


def main() -> None:
    """Tests the contract and prints the counts that it gives."""
    asked = task()
    run = DataContract(data_contract_str=_document(asked), server="bench").test()
    failing: dict[str, int | bool] = {}
    for check in run.checks:
        result = getattr(check.result, "value", str(check.result))
        if result in {"failed", "error"}:
            counted = re.search(r"_count\([^)]*\) was (\d+)", str(check.reason))
            failing[_name(check)] = int(counted[1]) if counted is not None else True
    tell(failing)


def _name(check: Any) -> str:
    if check.type == "primary_key_unique":
        return "key order_id,line_number"
    if check.type == "model_quality_sql":
        return f"sql {check.name}"
    return f"{_KINDS.get(check.type, check.type)} {check.field}"


def _document(asked: Task) -> str:
    document = yaml.safe_load((asked.scratch / "lines.v1.odcs.yaml").read_text())
    links = asked.scratch / f"datacontract_{asked.table}_{asked.form}"
    links.mkdir(exist_ok=True)
    tail = ".parquet" if asked.form == "parquet" else "_delta"
    for name, target in {"lines": asked.table, "orders": "orders", "parts": "parts"}.items():
        if not (links / f"{name}{tail}").exists():
            (links / f"{name}{tail}").symlink_to(asked.folder.absolute() / f"{target}{tail}")
    path = f"{links}/{{model}}{tail}" + ("/*.parquet" if asked.form == "delta" else "")
    document["servers"] = [{"server": "bench", "type": "local", "path": path, "format": "parquet"}]
    for column in document["schema"][0]["properties"]:
        if column["logicalType"] == "timestamp":
            column["physicalType"] = "timestamp_tz"  # the word that it knows
    for check in asked.of_kind("reference"):
        column = {
            "name": check["column"],
            "logicalType": "integer",
            "physicalType": "bigint",
            "description": "The key.",
        }
        document["schema"].append({"name": check["parent"], "properties": [column]})
    return str(yaml.safe_dump(document, sort_keys=False))


if __name__ == "__main__":
    main()
