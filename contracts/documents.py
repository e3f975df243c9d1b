"""Reading contract documents: every fault at once, then a Contract.

In this order: safe YAML, both ODCS schemas, our own lints, the typed model of the standard.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pydantic

from contracts.access_conditions import condition_faults
from contracts.checks import informative_faults
from contracts.emergency_access import emergency_faults
from contracts.errors import DocumentFault, Fault, InvalidContract, UnreadableDocument
from contracts.lints import Place, lint_faults
from contracts.model import Contract
from contracts.odcs_contract import contract_of
from contracts.odcs_schemas import schema_faults
from contracts.odcs_shape import has_shape
from contracts.quality.assessment_lints import assessment_faults, declaration_faults
from contracts.quality.targets import target_faults
from contracts.standards.bindings import Offer
from contracts.standards.lints import standard_warnings
from contracts.yaml_reader import parse_document, read_content

SUFFIX = ".odcs.yaml"
_FILE_NAME = re.compile(r"(?P<name>[a-z][a-z0-9_]*)\.v(?P<major>\d+)\.odcs\.yaml")


def read_document(path: Path) -> dict[str, Any]:
    """The mapping in a YAML document; raises UnreadableDocument where it is not safe to read."""
    return parse_document(read_content(path), path)


def load_contract(path: Path, unit: str | None = None) -> Contract:
    """The contract in a document; `unit`, where given, is the business unit it must belong to.

    Raises InvalidContract with all faults of the document.
    """
    contract, faults = _examine(path, unit)
    if contract is None:
        raise InvalidContract(faults)
    return contract


def faults_in(path: Path) -> tuple[Fault, ...]:
    """Every fault of a document; empty where load_contract reads it."""
    return _examine(path, None)[1]


def warnings_in(
    contract: Contract, offered: Mapping[str, Offer] | None = None
) -> tuple[Fault, ...]:
    """What a faultless contract could do better, which does not keep it from being used.

    `offered` are the standards that ports offer, where the other contracts are known.
    """
    file = contract.path.as_posix() if contract.path is not None else contract.reference
    return tuple(found.of(file) for found in standard_warnings(contract, offered))


def load_contracts(folder: Path) -> tuple[Contract, ...]:
    """The output ports' contracts of all business units below `folder`, by reference and major.

    Raises InvalidContract with all faults of all documents.
    """
    return _load_all(sorted(folder.glob(f"*/*{SUFFIX}")), unit_of=lambda path: path.parent.name)


def load_source_contracts(folder: Path) -> tuple[Contract, ...]:
    """The source systems' contracts of all business units below `folder`.

    Raises InvalidContract with all faults of all documents.
    """
    paths = sorted(folder.glob(f"*/sources/*{SUFFIX}"))
    return _load_all(paths, unit_of=lambda path: path.parent.parent.name)


def _load_all(paths: Iterable[Path], unit_of: Callable[[Path], str]) -> tuple[Contract, ...]:
    examined = [_examine(path, unit_of(path)) for path in paths]
    faults = tuple(fault for _, found in examined for fault in found)
    if faults:
        raise InvalidContract(faults)
    contracts = [contract for contract, _ in examined if contract is not None]
    return tuple(sorted(contracts, key=lambda c: (c.reference, c.major)))


def _examine(path: Path, unit: str | None) -> tuple[Contract | None, tuple[Fault, ...]]:
    try:
        content = read_content(path)
        document = parse_document(content, path)
    except UnreadableDocument as error:
        return None, (error.fault,)
    found = [*_schema_faults(content), *_name_faults(path, unit)]
    if not found or has_shape(document):
        told = {fault.path for fault in found}
        lints = _lints(document, _place(path, unit), is_valid=not found)
        found += [fault for fault in lints if fault.path not in told]
    contract = None
    if not found:
        contract, found = _build(document, content, path)
    return contract, tuple(fault.of(path.as_posix()) for fault in found)


@lru_cache(maxsize=512)
def _schema_faults(content: bytes) -> tuple[DocumentFault, ...]:
    """Faults under the two schemas: 30 ms each for 20 columns, so once per content and process."""
    return schema_faults(parse_document(content, Path()))


def _lints(document: dict[str, Any], place: Place, is_valid: bool) -> list[DocumentFault]:
    """Our own faults; of a document that is not even ODCS, as far as its values allow."""
    try:
        return list(lint_faults(document, place))
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError):
        if is_valid:
            raise
        return []  # its faults under the schemas are told, the rest when those are gone


def _name_faults(path: Path, unit: str | None) -> list[DocumentFault]:
    if unit is None or _FILE_NAME.fullmatch(path.name) is not None:
        return []
    remedy = "Rename it as in `payments.v1.odcs.yaml`."
    return [DocumentFault("document", "is not named for a port and its major version.", remedy)]


def _build(
    document: dict[str, Any], content: bytes, path: Path
) -> tuple[Contract | None, list[DocumentFault]]:
    try:
        contract = contract_of(document, content, path)
    except pydantic.ValidationError as error:
        return None, [_typed_fault(details) for details in error.errors()]
    is_port = path.parent.name != "sources"
    faults = _term_faults(contract) if is_port else []
    if not faults:  # checks are made of the declarations
        faults = [*informative_faults(contract)]
        faults += (*assessment_faults(contract), *target_faults(contract)) if is_port else ()
    return (None, faults) if faults else (contract, [])


def _term_faults(contract: Contract) -> list[DocumentFault]:
    """What is wrong in declarations that are read beyond the standard."""
    conditions, emergency = condition_faults(contract), emergency_faults(contract)
    return [*declaration_faults(contract), *conditions, *emergency]


def _typed_fault(details: Any) -> DocumentFault:
    path = ""
    for part in details["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    message = f"is not what the standard's model takes: {details['msg']}."
    return DocumentFault(path.lstrip("."), message, "Correct the value.")


def _place(path: Path, unit: str | None) -> Place:
    is_source = path.parent.name == "sources"
    name = _FILE_NAME.fullmatch(path.name)
    if name is None:
        return Place(unit, None, None, is_source)
    return Place(unit, name["name"], int(name["major"]), is_source)
