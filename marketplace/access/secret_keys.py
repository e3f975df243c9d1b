"""Secrets that are shown once: what is kept is an id in clear and a hash.

The secrets hold 256 random bits, so a fast hash is enough: there is nothing to guess.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

Entropy = Callable[[int], bytes]

_ID_BYTES = 10
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret on its way to its owner."""

    id: str
    text: str
    hash: str


def new_id(prefix: str, entropy: Entropy) -> str:
    """An id that says what it names and tells nothing else: `req_3kd...`."""
    body = base64.b32encode(entropy(_ID_BYTES)).decode().lower()
    return f"{prefix}_{body}"


def new_secret(prefix: str, entropy: Entropy) -> NewSecret:
    """A fresh secret whose text begins with its id, so that it can be found without a scan."""
    key = new_id(prefix, entropy)
    body = base64.urlsafe_b64encode(entropy(_SECRET_BYTES)).decode().rstrip("=")
    text = f"{key}.{body}"
    return NewSecret(key, text, hash_of(text))


def id_in(secret: str) -> str:
    """The id that a secret claims to have."""
    return secret.partition(".")[0]


def hash_of(secret: str) -> str:
    """What is kept of a secret. SHA-256, hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, kept: str) -> bool:
    """Whether the secret is the one whose hash was kept, in constant time."""
    return hmac.compare_digest(hash_of(secret), kept)
