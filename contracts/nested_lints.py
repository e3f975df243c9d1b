"""What a contract must say about values within a column: fields, items, keys and values."""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.errors import DocumentFault
from contracts.option_lints import option_faults, value_faults
from contracts.resolved_types import inner_parts, resolved_tree
from contracts.sql_text import is_plain_name
from contracts.type_trees import TypeTree
from contracts.type_words import carries

DEEPEST = 6
_OF_COLUMNS = ("primaryKey", "partitioned", "encryptedName")
_FORMS = {"properties": "object", "items": "array", "map": "map"}


def form_faults(declared: Mapping[str, Any], path: str) -> Iterator[DocumentFault]:
    """Parts that the logical type has not: `items` are an array's, `properties` an object's."""
    for key, logical in _FORMS.items():
        if key in declared and declared.get("logicalType") != logical:
            fault = f"belongs to the logical type `{logical}`, not `{declared.get('logicalType')}`."
            yield DocumentFault(f"{path}.{key}", fault, "Correct one of the two.")


def inner_faults(
    declared: Mapping[str, Any], path: str, tree: TypeTree, depth: int = 1
) -> Iterator[DocumentFault]:
    """The faults of everything that a property of type `tree` declares within itself."""
    parts = list(inner_parts(declared))
    if parts and depth > DEEPEST:
        fault = f"is nested deeper than {DEEPEST} levels, which is not checked here."
        yield DocumentFault(path, fault, "Flatten it, or make it columns of their own.")
        return
    if parts and not tree.parts:
        fault = f"are within `{tree.name.lower()}`, which keeps no types of its own."
        yield DocumentFault(f"{path}.{parts[0][1].split('[')[0]}", fault, "Keep it as a struct.")
        return
    yield from _name_faults(parts, path, tree)
    for name, key, part in parts:
        given = tree.part(name)
        if given is not None:
            yield from _part_faults(part, f"{path}.{key}", given, depth)


def _name_faults(
    parts: list[tuple[str, str, Any]], path: str, tree: TypeTree
) -> Iterator[DocumentFault]:
    names = [name for name, key, _ in parts if key.startswith("properties")]
    for position, (name, key, _) in enumerate(parts):
        if key.startswith("properties") and (not is_plain_name(name) or name.startswith("_")):
            fault = f"`{name}` is not lower case words joined by underscores."
            yield DocumentFault(f"{path}.{key}.name", fault, "Name it as queries will.")
        elif name in names[:position]:
            yield DocumentFault(f"{path}.{key}.name", f"`{name}` is there twice.", "Keep one.")
        elif tree.part(name) is None:
            fault = f"`{name}` is not in `{str(tree).lower()}`."
            yield DocumentFault(f"{path}.{key}", fault, "Add it to the type or remove it.")
    for field, _ in tree.parts if names else ():
        if field not in names:
            fault = f"lack `{field}`, which `physicalType` has."
            yield DocumentFault(f"{path}.properties", fault, "Describe it or take it out.")


def _part_faults(
    part: Mapping[str, Any], path: str, given: TypeTree, depth: int
) -> Iterator[DocumentFault]:
    logical = part.get("logicalType")
    if not logical:
        yield DocumentFault(f"{path}.logicalType", "is missing.", "Write the logical type.")
    tree = resolved_tree(part, given)
    if tree is None or str(tree) != str(given):
        fault = f"`{part.get('physicalType')}` is not `{str(given).lower()}`, as the column has it."
        yield DocumentFault(f"{path}.physicalType", fault, "Correct one of the two.")
        return
    if logical and not carries(str(logical), str(tree)):
        fault = f"`{str(tree).lower()}` does not carry the logical type `{logical}`."
        yield DocumentFault(f"{path}.physicalType", fault, "Change one of the two.")
        return
    for key in _OF_COLUMNS:
        if part.get(key):
            yield DocumentFault(f"{path}.{key}", "is for columns only.", "Remove it.")
    if part.get("semanticType", "column") == "measure":
        yield DocumentFault(f"{path}.semanticType", "`measure` is for columns only.", "Remove it.")
    yield from _description_faults(part, path)
    yield from form_faults(part, path)
    yield from option_faults(part, path, tree)
    values = [entry.get("value") for entry in part.get("enum") or []]
    yield from value_faults(values, f"{path}.enum", tree, may_be_null=False)
    yield from inner_faults(part, path, tree, depth + 1)


def _description_faults(part: Mapping[str, Any], path: str) -> Iterator[DocumentFault]:
    if path.endswith("]") and not str(part.get("description") or "").strip():
        fault = f"is missing for `{part.get('name')}`."
        yield DocumentFault(f"{path}.description", fault, "Say what the value means to a buyer.")
