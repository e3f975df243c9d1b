"""JSON into rows: an array of objects, an object that holds one such array, or one per line."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from orchestration.sources.errors import UnreadableFile


@dataclass(slots=True)
class JsonRows:
    """Objects as text cells, numbered from 1; `faults` are elements that are no objects."""

    numbers: list[int] = field(default_factory=list)
    raws: list[str] = field(default_factory=list)
    rows: list[dict[str, str | None]] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)


def read_objects(text: str, name: str) -> JsonRows:
    """The objects of a JSON text. Numbers keep the digits that they are written with.

    Raises UnreadableFile where there is no array of objects.
    """
    rows = JsonRows()
    for number, element in _elements(text, name):
        raw = json.dumps(element, ensure_ascii=False)
        if isinstance(element, dict):
            rows.numbers.append(number)
            rows.raws.append(raw)
            rows.rows.append({key: _cell(value) for key, value in element.items()})
        else:
            rows.faults.append((number, raw, "not a JSON object"))
    return rows


def _elements(text: str, name: str) -> Iterator[tuple[int, Any]]:
    try:
        document = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError:
        yield from _lines(text, name)
        return
    if isinstance(document, dict):
        arrays = [value for value in document.values() if isinstance(value, list)]
        document = arrays[0] if len(arrays) == 1 else [document]
    if not isinstance(document, list):
        raise UnreadableFile(name, "its JSON is neither an array of objects nor an object")
    yield from enumerate(document, 1)


def _lines(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """One document per line; blank lines are no rows."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
        except (json.JSONDecodeError, RecursionError) as error:
            raise UnreadableFile(name, f"line {number} is not JSON: {error}") from error


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False)
