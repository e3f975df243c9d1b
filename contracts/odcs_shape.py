"""Where objects, lists and keys stand in an ODCS document, as the typed model knows them.

The JSON Schema leaves some mappings open (`description`), and the typed model drops keys that it
does not know in silence: both are closed here.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args, get_origin

import pydantic
from open_data_contract_standard.model import OpenDataContractStandard

from contracts.errors import DocumentFault


def unknown_keys(document: dict[str, Any]) -> Iterator[DocumentFault]:
    """Every key, at any depth, that the standard does not have there."""
    return _unknown_keys(document, OpenDataContractStandard, "")


def has_shape(document: dict[str, Any]) -> bool:
    """Whether mappings and lists stand where the standard has them, whatever their values."""
    return _is_shaped(document, OpenDataContractStandard)


def _is_shaped(value: Any, annotation: Any) -> bool:
    if value is None or annotation is Any or Any in get_args(annotation):
        return True
    models = _models_in(annotation)
    if isinstance(value, str) and str in get_args(annotation):
        return True
    if models and isinstance(value, dict):
        fields = {f.alias or name: f.annotation for name, f in models[0].model_fields.items()}
        return all(_is_shaped(v, fields[key]) for key, v in value.items() if key in fields)
    if models:
        return isinstance(value, list) and all(
            isinstance(inner, dict) and _is_shaped(inner, models[-1]) for inner in value
        )
    if _is_mapping(annotation):
        return isinstance(value, dict)
    if isinstance(value, list):
        return "list" in str(annotation) and not any(isinstance(v, dict | list) for v in value)
    return not isinstance(value, dict) and not _is_list(annotation)


def _is_list(annotation: Any) -> bool:
    parts = [part for part in get_args(annotation) if part is not type(None)]
    return len(parts) == 1 and get_origin(parts[0]) is list


def _is_mapping(annotation: Any) -> bool:
    parts = [part for part in get_args(annotation) if part is not type(None)]
    return len(parts) == 1 and get_origin(parts[0]) is dict


def _unknown_keys(
    value: Any, model: type[pydantic.BaseModel], path: str
) -> Iterator[DocumentFault]:
    if not isinstance(value, dict):
        return
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    for key, inner in value.items():
        here = f"{path}.{key}" if path else str(key)
        if key not in fields:
            near = get_close_matches(str(key), list(fields), n=1)
            remedy = f"Did you mean `{near[0]}`?" if near else "Remove it or correct its name."
            yield DocumentFault(here, "is not a key of the standard.", remedy)
            continue
        yield from _unknown_below(inner, fields[key].annotation, here)


def _unknown_below(value: Any, annotation: Any, path: str) -> Iterator[DocumentFault]:
    models = _models_in(annotation)
    if not models:
        return
    if isinstance(value, dict):
        yield from _unknown_keys(value, models[0], path)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            # `team` may be an object or, deprecated, a list of members: the list takes the last
            yield from _unknown_keys(inner, models[-1], f"{path}[{position}]")


def _models_in(annotation: Any) -> list[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        annotation.model_rebuild()  # keys and values of maps are named before they are defined
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
