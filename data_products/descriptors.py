"""Reading ODPS descriptors strictly: what the standard leaves open is settled here.

The published schema lets a product without output ports pass, and any word as its status; ours
refuses both, and every key that the standard does not know. Source: ODPS v1.0.0.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from contracts.documents import read_document
from contracts.errors import Fault, UnreadableDocument

FILE_NAME = "product.odps.yaml"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Semver = Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Url = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*:\S+$")]

_REMEDIES = {
    "missing": "Add it.",
    "extra_forbidden": "Remove it, or correct its spelling.",
    "too_short": "Add at least one.",
}


class Part(BaseModel):
    """A part of a descriptor: camel case in the document, unknown keys refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, populate_by_name=False
    )


class CustomProperty(Part):
    """A value that the standard has no key for."""

    property: Text
    value: Any
    description: str | None = None


class Definition(Part):
    """A link to something that says more."""

    type: Text
    url: Url
    description: str | None = None


class Description(Part):
    """What a product is for, and what it is not."""

    purpose: Text
    limitations: Text
    usage: Text
    authoritative_definitions: list[Definition] = []
    custom_properties: list[CustomProperty] = []


class DeclaredInput(Part):
    """A port of another product that this one consumes."""

    name: Text
    version: Semver
    contract_id: Text


class Bill(Part):
    """A bill of materials."""

    url: Url
    type: str | None = None


class InputContract(Part):
    """A contract that an output port depends on."""

    id: Text
    version: Semver


class DeclaredOutput(Part):
    """A port that the product offers; name and version together name it."""

    name: Name
    version: Semver
    contract_id: Text
    description: str | None = None
    type: str | None = None
    sbom: list[Bill] = []
    input_contracts: list[InputContract] = []


class ManagementPort(Part):
    """A way to observe or control the product."""

    name: Text
    content: Literal["discoverability", "observability", "control", "dictionary"]
    type: Literal["rest", "topic"] = "rest"
    url: Url | None = None
    channel: str | None = None
    description: str | None = None
    tags: list[Text] = []
    custom_properties: list[CustomProperty] = []
    authoritative_definitions: list[Definition] = []


class Support(Part):
    """Where a consumer gets help."""

    channel: Text
    url: Url
    description: str | None = None
    tool: str | None = None
    scope: str | None = None
    invitation_url: Url | None = None
    tags: list[Text] = []
    custom_properties: list[CustomProperty] = []
    authoritative_definitions: list[Definition] = []


class Member(Part):
    """Someone who answers for the product."""

    username: Text
    role: Text
    name: str | None = None
    description: str | None = None
    date_in: Day | None = None
    date_out: Day | None = None
    replaced_by_username: str | None = None
    tags: list[Text] = []
    custom_properties: list[CustomProperty] = []
    authoritative_definitions: list[Definition] = []


class Descriptor(Part):
    """A data product as its business unit describes it."""

    api_version: Literal["v1.0.0"]
    kind: Literal["DataProduct"]
    id: Text
    name: Name
    version: Semver
    status: Literal["proposed", "draft", "active", "deprecated", "retired"]
    domain: Name
    description: Description
    output_ports: Annotated[list[DeclaredOutput], Field(min_length=1)]
    input_ports: list[DeclaredInput] = []
    management_ports: list[ManagementPort] = []
    support: list[Support] = []
    team: list[Member] = []
    tags: list[Text] = []
    custom_properties: list[CustomProperty] = []
    authoritative_definitions: list[Definition] = []
    tenant: str | None = None
    product_created_ts: str | None = None

    @property
    def custom(self) -> dict[str, Any]:
        """The custom properties by name."""
        return {custom.property: custom.value for custom in self.custom_properties}


def read_descriptor(path: Path) -> tuple[Descriptor | None, tuple[Fault, ...]]:
    """The descriptor in a document and no fault, or None and every fault of its form."""
    try:
        document = read_document(path)
    except UnreadableDocument as error:
        return None, (error.fault,)
    try:
        descriptor = Descriptor.model_validate(document)
    except ValidationError as error:
        return None, tuple(_fault(path, details) for details in error.errors())
    return descriptor, _repeated(path, descriptor)


def _fault(path: Path, details: Any) -> Fault:
    place = ""
    for part in details["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}"
    kind = details["type"]
    found = "" if kind in {"missing", "extra_forbidden"} else f" `{details['input']!s:.60}`"
    messages = {"missing": "is missing.", "extra_forbidden": "is no key of ODPS v1.0.0."}
    message = messages.get(kind, f"is{found}: {details['msg']}.")
    remedy = _REMEDIES.get(kind, "Correct the value.")
    return Fault(path.as_posix(), place.lstrip(".") or "document", message, remedy)


def _repeated(path: Path, descriptor: Descriptor) -> tuple[Fault, ...]:
    faults = []
    lists = {
        "outputPorts": [f"{port.name} {port.version}" for port in descriptor.output_ports],
        "inputPorts": [port.contract_id for port in descriptor.input_ports],
        "customProperties": [custom.property for custom in descriptor.custom_properties],
    }
    for place, names in lists.items():
        for position, name in enumerate(names):
            if name in names[:position]:
                where = f"{place}[{position}]"
                said = f"repeats `{name}`."
                faults.append(Fault(path.as_posix(), where, said, "Keep one of them."))
    return tuple(faults)
