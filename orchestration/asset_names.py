"""How the platform's rooms appear in Dagster: keys, groups and owners, written once."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from contracts.model import Contract


def landed_key(source_system: str, table: str) -> dg.AssetKey:
    """The landed rows of one kind of source file."""
    return dg.AssetKey(["landing", f"{source_system}__{table}"])


def candidate_key(port: str) -> dg.AssetKey:
    """The mart of `unit.port`: built, not yet published."""
    return dg.AssetKey(["candidates", *port.split(".", 1)])


def published_key(port: str) -> dg.AssetKey:
    """The served version of `unit.port`."""
    return dg.AssetKey(["published", *port.split(".", 1)])


def model_key(name: str) -> dg.AssetKey:
    """A staging or intermediate model."""
    return dg.AssetKey(["models", name])


def op_name(prefix: str, port: str) -> str:
    """A step's name for `unit.port`."""
    return f"{prefix}__{port.replace('.', '__')}"


def owners(contract: Contract) -> list[str]:
    """Those who answer for it, as far as Dagster can name them: teams and e-mail addresses."""
    names = dict.fromkeys(member.username for member in contract.team)
    return [name for name in names if name.startswith("team:") or "@" in name]


def column_schema(contract: Contract, table: int = 0) -> dg.TableSchema:
    """The promised columns, with their descriptions and constraints."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.physical_type,
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=not column.required, unique=column.unique
                ),
            )
            for column in contract.objects[table].properties
        ]
    )


def business_unit_of(node: Mapping[str, Any], units_of_systems: Mapping[str, str]) -> str:
    """The unit that a dbt model belongs to: its folder, or the owner of its source system."""
    folder: str = node["fqn"][-2]
    return units_of_systems.get(folder, folder)
