"""The marketplace from a Python program: search, describe, request, query."""

from marketplace.client.answer import Answer
from marketplace.client.errors import (
    AnswerIncomplete,
    ClientError,
    InsecureAddress,
    NotReachable,
    PackageMissing,
    Refused,
    UnreadableAnswer,
)
from marketplace.client.marketplace import Marketplace
from marketplace.client.model import AccessRequest, Column, Found, Port, PortTerms, Product

__all__ = [
    "AccessRequest",
    "Answer",
    "AnswerIncomplete",
    "ClientError",
    "Column",
    "Found",
    "InsecureAddress",
    "Marketplace",
    "NotReachable",
    "PackageMissing",
    "Port",
    "PortTerms",
    "Product",
    "Refused",
    "UnreadableAnswer",
]
