"""What may be shown of a value that is likely personal: enough to judge by, not to know by."""

from contracts.personal_data.kinds import PersonalKind

_STARS = "***"


def masked(text: str, kind: PersonalKind) -> str:
    """The value with everything hidden that tells who it is: `j***@***.uk`, `J*** D***`."""
    if kind is PersonalKind.EMAIL:
        name, _, host = text.rpartition("@")
        return f"{name[:1]}{_STARS}@{_STARS}.{host.rpartition('.')[2]}"
    if kind is PersonalKind.NAME:
        return " ".join(f"{word[:1]}{_STARS}" for word in text.split()[:4])
    if kind is PersonalKind.NATIONAL_INSURANCE:
        return f"{text[:1]}{_STARS}"
    if kind is PersonalKind.PHONE:
        return f"{_STARS}{text[-2:]}"
    return _STARS
