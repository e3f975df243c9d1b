"""What is refused of requests beyond the plain ones in errors.py.

AccessError
├── AnswerRefused
├── AgreementIncomplete
├── AgreementEnded
├── ReviewsMissing
├── NotTheReviewer
├── ReviewNotNeeded
├── SamePerson
└── StageMoved
"""

from marketplace.access.errors import AccessError
from marketplace.access.model import AccessRequest
from marketplace.access.request_model import Review


class AnswerRefused(AccessError):
    """An answer on a request is none that the port's contract offers."""

    def __init__(self, field: str, value: str, offered: tuple[str, ...]) -> None:
        self.field, self.value, self.offered = field, value, offered
        super().__init__(
            f"The request was not submitted: `{value[:100]}` is no answer to `{field}`. "
            f"{_offer(offered)}"
        )


class AgreementIncomplete(AccessError):
    """Another organisation asks, and does not say all that an agreement must."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        self.missing = missing
        super().__init__(
            "The request was not submitted: for another organisation the sharing agreement must be "
            f"complete, and {', '.join(f'`{name}`' for name in missing)} say too little. "
            "Fill them in."
        )


class AgreementEnded(AccessError):
    """The sharing agreement that a request rests on has ended."""

    def __init__(self, reference: str, ended_on: str) -> None:
        self.reference, self.ended_on = reference, ended_on
        super().__init__(
            f"Nothing was granted: sharing agreement `{reference}` ended on `{ended_on}`, and "
            "access ends with its agreement. Ask again under one that holds."
        )


class ReviewsMissing(AccessError):
    """A request of another organisation was approved before its professional reviews."""

    def __init__(self, request: AccessRequest, missing: tuple[Review, ...]) -> None:
        self.request, self.missing = request, missing
        names = ", ".join(f"`{review.value}`" for review in missing)
        super().__init__(
            f"Request `{request.id}` was not approved: it is another organisation's, and it lacks "
            f"a passed review: {names}. Wait for the reviewers, or refuse it."
        )


class NotTheReviewer(AccessError):
    """Someone gave a professional review that is not theirs to give."""

    def __init__(self, request: AccessRequest, review: Review, reviewers: tuple[str, ...]) -> None:
        self.request, self.review, self.reviewers = request, review, reviewers
        super().__init__(
            f"The `{review.value}` review of request `{request.id}` was not recorded: it is not "
            f"yours to give. {_ask(reviewers)}"
        )


class ReviewNotNeeded(AccessError):
    """A review was given on a request that needs none."""

    def __init__(self, request: AccessRequest) -> None:
        self.request = request
        super().__init__(
            f"No review of request `{request.id}` was recorded: it is not another organisation's. "
            "Decide on it without one."
        )


class SamePerson(AccessError):
    """One person tried to decide at both stages."""

    def __init__(self, request: AccessRequest, deciders: tuple[str, ...]) -> None:
        self.request = request
        super().__init__(
            f"Request `{request.id}` was not decided: you have approved its first stage, and its "
            f"contract asks for two people. {_ask(deciders)}"
        )


class StageMoved(AccessError):
    """Another approver settled the present stage while this one decided."""

    def __init__(self, request: AccessRequest) -> None:
        self.request = request
        super().__init__(
            f"Request `{request.id}` was not decided: another approver has just approved this "
            "stage. Open it again to see whether the next one is yours."
        )


def _offer(offered: tuple[str, ...]) -> str:
    if not offered:
        return "The contract offers none: leave it out."
    return f"Choose from {', '.join(f'`{each}`' for each in offered)}, or leave it out."


def _ask(references: tuple[str, ...]) -> str:
    return f"Ask another of: {', '.join(f'`{reference}`' for reference in references)}."
