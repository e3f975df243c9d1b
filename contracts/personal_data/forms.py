"""Kinds with an exact form: e-mail addresses, National Insurance and phone numbers, secrets.

RE2 sifts all values in one pass (0.1 microseconds each); what it lets through is then judged by
what keeps the rules: libphonenumber's numbering plans, detect-secrets' patterns of providers' keys.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from contracts.personal_data.kinds import PersonalKind

_REGION = "GB"  # of numbers that are written without a country
# HMRC, NIM39110: two letters but for those never issued, six digits, A to D.
_NATIONAL_INSURANCE = re.compile(
    r"(?<![A-Z0-9])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    r" ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Z0-9])",
    re.IGNORECASE | re.ASCII,
)
_EMAIL = re.compile(
    r"(?<![\w/.])[A-Za-z0-9][\w.!#$%&'*+/=?^`{|}~-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}",
    re.ASCII,
)
_PHONE = re.compile(r"(?<![\w.])(?:\+|\(?0)\d?[\d ()./-]{7,16}\d(?!\w)", re.ASCII)

# Every value of a kind passes its sieve; a test holds each pattern of each detector against it.
_KEYS_SIEVE = (
    r"(?i)A3T[A-Z0-9]|A[BKSC][IC]A|aws.{0,20}(?:key|pwd|pw|password|pass|token)|AccountKey="
    r"|://[^:\s]+:[^:\s]+@|[MNO][a-zA-Z\d_-]{23,25}\.|gh[pousr]_|gl[a-z]{2,6}-|GR1348941"
    r"|eyJ[A-Za-z0-9]|-us[0-9]|_authToken|T3BlbkFJ|PRIVATE KEY|PuTTY-User-Key|pypi-Ag|SG\."
    r"|xox[abposr]-|hooks\.slack|sq0csp|k_live_|\d{8,10}:[0-9A-Za-z_-]{35}|(?:AC|SK)[a-z0-9]{32}"
)
SIEVES: Mapping[PersonalKind, str] = {
    PersonalKind.EMAIL: "@",
    PersonalKind.NATIONAL_INSURANCE: r"(?i)[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]",
    PersonalKind.PHONE: r"(?:\+|\(?0)\d?[\d ()./-]{7,16}\d",
    PersonalKind.SECRET: _KEYS_SIEVE,
}
SIEVE = "|".join(f"(?:{pattern})" for pattern in SIEVES.values())

# Detectors of keys with a form of their own. Left out: those that go by the words beside a value,
# by its entropy (every hash and identifier would be one) or by two letters (`AP...`).
_DETECTORS = frozenset(
    {
        "AWSKeyDetector",
        "AzureStorageKeyDetector",
        "BasicAuthDetector",
        "DiscordBotTokenDetector",
        "GitHubTokenDetector",
        "GitLabTokenDetector",
        "JwtTokenDetector",
        "MailchimpDetector",
        "NpmDetector",
        "OpenAIDetector",
        "PrivateKeyDetector",
        "PypiTokenDetector",
        "SendGridDetector",
        "SlackDetector",
        "SquareOAuthDetector",
        "StripeDetector",
        "TelegramBotTokenDetector",
        "TwilioKeyDetector",
    }
)


def likely_part(kind: PersonalKind, value: str) -> str | None:
    """The part of a value that is of the kind; None where nothing is."""
    return _FINDERS[kind](value)


@cache
def secret_detectors() -> tuple[Any, ...]:
    """The detectors of detect-secrets that are asked, made once."""
    # 0.3 s and 22 MB, which most runs never need
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    known: list[Any] = list(get_mapping_from_secret_type_to_class().values())
    return tuple(each() for each in known if each.__name__ in _DETECTORS)


def _email(value: str) -> str | None:
    found = _EMAIL.search(value)
    return None if found is None else found[0]


def _national_insurance(value: str) -> str | None:
    found = _NATIONAL_INSURANCE.search(value)
    return None if found is None else found[0]


def _phone(value: str) -> str | None:
    import phonenumbers  # 65 ms, which most runs never need

    for found in _PHONE.finditer(value):
        try:
            number = phonenumbers.parse(found[0], _REGION)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return found[0]
    return None


def _secret(value: str) -> str | None:
    for detector in secret_detectors():
        for found in detector.analyze_string(value):
            return str(found)
    return None


_FINDERS: Mapping[PersonalKind, Callable[[str], str | None]] = {
    PersonalKind.EMAIL: _email,
    PersonalKind.NATIONAL_INSURANCE: _national_insurance,
    PersonalKind.PHONE: _phone,
    PersonalKind.SECRET: _secret,
}
