"""What access refuses.

MarketplaceError
└── AccessError
    ├── PurposeMissing
    ├── PeriodOutOfRange
    ├── ReasonMissing
    ├── TokenNameMissing
    ├── AlreadyRequested
    ├── UnknownRequest
    ├── UnknownGrant
    ├── UnknownToken
    ├── OwnRequest
    ├── NotAnApprover
    ├── RoleMissing
    ├── NotTheSteward
    ├── NotYourRequest
    ├── AlreadyDecided
    ├── NotYoursToRevoke
    ├── AlreadyRevoked
    ├── NotYourToken
    ├── RestrictionRefused
    ├── UnknownScope
    ├── UnknownSession
    ├── NotYourSession
    ├── PeopleUnavailable
    ├── GroupsUnreadable
    ├── StateTooNew
    └── what is in issue_errors.py, life_errors.py and request_errors.py
"""

from collections.abc import Iterable

from marketplace.access.model import AccessRequest, Grant
from marketplace.errors import MarketplaceError


class AccessError(MarketplaceError):
    """The root of everything that access refuses."""


class PurposeMissing(AccessError):
    """A request does not say what the data is for."""

    def __init__(self, shortest: int) -> None:
        self.shortest = shortest
        super().__init__(
            f"The request was not submitted: its purpose has fewer than {shortest} characters. "
            "Say what you will find out or do with the data, and for whom."
        )


class PeriodOutOfRange(AccessError):
    """A grant or a token was asked for longer or shorter than allowed."""

    def __init__(self, what: str, days: int, longest: int) -> None:
        self.days, self.longest = days, longest
        super().__init__(
            f"The {what} was not made: its period is `{days}` days. "
            f"Choose a whole number of days from 1 to {longest}."
        )


class ReasonMissing(AccessError):
    """A refusal or a revocation does not say why."""

    def __init__(self, what: str, shortest: int) -> None:
        self.shortest = shortest
        super().__init__(
            f"The {what} was not recorded: its reason has fewer than {shortest} characters. "
            "Say why, so that the person knows what to do next."
        )


class TokenNameMissing(AccessError):
    """A token has no name to be recognised by, or too long a one."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        super().__init__(
            f"The token was not made: its name must have 1 to {longest} characters. "
            "Name it after the program that will use it."
        )


class AlreadyRequested(AccessError):
    """The same person has an open request for the same port."""

    def __init__(self, existing: AccessRequest) -> None:
        self.existing = existing
        super().__init__(
            f"No second request for `{existing.port}` was made: request `{existing.id}` is still "
            "open. Wait for its decision, or withdraw it and ask again."
        )


class UnknownRequest(AccessError):
    """No access request has this id."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        super().__init__(
            f"There is no access request `{request_id}`. Open it from your list of requests."
        )


class UnknownGrant(AccessError):
    """No grant has this id."""

    def __init__(self, grant_id: str) -> None:
        self.grant_id = grant_id
        super().__init__(f"There is no grant `{grant_id}`. Open it from the list of grants.")


class UnknownToken(AccessError):
    """No token has this id."""

    def __init__(self, token_id: str) -> None:
        self.token_id = token_id
        super().__init__(f"There is no token `{token_id}`. Open it from your list of tokens.")


class OwnRequest(AccessError):
    """Someone tried to decide on their own request."""

    def __init__(self, request: AccessRequest, others: tuple[str, ...]) -> None:
        self.request, self.others = request, others
        super().__init__(
            f"Request `{request.id}` was not decided: it is your own, and nobody decides on their "
            f"own request, also not for their team. {_asks(others)}"
        )


class NotAnApprover(AccessError):
    """Someone who is no approver of the contract tried to decide."""

    def __init__(self, request: AccessRequest, approvers: tuple[str, ...]) -> None:
        self.request, self.approvers = request, approvers
        super().__init__(
            f"Request `{request.id}` was not decided: you are not an approver of "
            f"`{request.port}`. {_asks(approvers)}"
        )


class RoleMissing(AccessError):
    """Whom a contract names as approver holds no role that decides."""

    def __init__(self, request: AccessRequest, roles: Iterable[str]) -> None:
        self.request, self.roles = request, tuple(roles)
        wanted = ", ".join(f"`{role}`" for role in self.roles)
        super().__init__(
            f"Request `{request.id}` was not decided: the contract of `{request.port}` names you, "
            f"and deciding takes one of the roles: {wanted}. "
            "Ask governance for the role, or another approver to decide."
        )


class NotTheSteward(AccessError):
    """Someone who is no steward of the port decided on one of its columns."""

    def __init__(self, port: str, stewards: tuple[str, ...]) -> None:
        self.port, self.stewards = port, stewards
        super().__init__(
            f"Nothing was decided: you are not a steward of `{port}`. {_asks(stewards)}"
        )


class NotYourRequest(AccessError):
    """Someone tried to withdraw another person's request."""

    def __init__(self, request: AccessRequest) -> None:
        self.request = request
        super().__init__(
            f"Request `{request.id}` was not withdrawn: it is another person's. "
            "Only who submitted it withdraws it; an approver can refuse it."
        )


class AlreadyDecided(AccessError):
    """The request is no longer open."""

    def __init__(self, request: AccessRequest) -> None:
        self.request = request
        super().__init__(
            f"Request `{request.id}` was left as it is: `{request.decided_by}` decided on it "
            f"({request.status.value}). A grant can be revoked; otherwise ask for a new request."
        )


class NotYoursToRevoke(AccessError):
    """Someone tried to revoke a grant without the right to."""

    def __init__(self, grant: Grant, deciders: tuple[str, ...]) -> None:
        self.grant, self.deciders = grant, deciders
        super().__init__(
            f"Grant `{grant.id}` was not revoked: only its holder, its approver, the owner or "
            f"approvers of `{grant.port}`, or governance revoke it. {_asks(deciders)}"
        )


class AlreadyRevoked(AccessError):
    """The grant has already been revoked."""

    def __init__(self, grant: Grant) -> None:
        self.grant = grant
        super().__init__(
            f"Grant `{grant.id}` was left as it is: `{grant.revoked_by}` has already revoked it. "
            "Nothing needs to be done."
        )


class NotYourToken(AccessError):
    """Someone tried to revoke another person's token."""

    def __init__(self, token_id: str) -> None:
        self.token_id = token_id
        super().__init__(
            f"Token `{token_id}` was not revoked: it is another person's. Ask its owner to."
        )


class RestrictionRefused(AccessError):
    """What a grant was to show does not fit the port; `faults` holds all that is wrong."""

    def __init__(self, port: str, faults: tuple[str, ...]) -> None:
        self.port, self.faults = port, faults
        super().__init__(
            f"The restriction on `{port}` was refused: {'; '.join(faults)}. "
            "Correct it against the port's contract and send it again; nothing was changed."
        )


class UnknownScope(AccessError):
    """A token was asked for with a scope that there is not."""

    def __init__(self, scope: str, known: tuple[str, ...]) -> None:
        self.scope = scope
        super().__init__(
            f"The token was not made: there is no scope `{scope}`. "
            f"Choose among: {', '.join(f'`{name}`' for name in known)}."
        )


class UnknownSession(AccessError):
    """No session that stands has this id."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        super().__init__(
            f"No session `{session_id}` stands: it has ended, or there never was one. "
            "Open it from the list of sessions."
        )


class NotYourSession(AccessError):
    """Someone tried to end another person's session."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        super().__init__(
            f"Session `{session_id}` was not ended: it is another person's. "
            "Ask its owner or governance to."
        )


class PeopleUnavailable(AccessError):
    """The demo people were asked for where they must not exist."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"The demo people are not available: {why}. "
            "Connect the organisation's own sign-in instead."
        )


class GroupsUnreadable(AccessError):
    """The setting that maps groups to teams and roles says something that cannot be."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__(
            f"`MARKETPLACE_OIDC_GROUPS` was refused: {'; '.join(faults)}. Set it to a JSON object "
            "that gives each group a list of `role:<role>`, `team:<id>` and `unit:<unit>`."
        )


class StateTooNew(AccessError):
    """The access state was written by a later release."""

    def __init__(self, revision: str) -> None:
        self.revision = revision
        super().__init__(
            f"The access state was not opened: its revision `{revision}` is unknown to this "
            "release. Start the release that wrote it, or a later one."
        )


def _asks(references: tuple[str, ...]) -> str:
    if not references:
        return "The contract names no one who may: ask governance to correct it."
    return f"Ask one of: {', '.join(f'`{reference}`' for reference in references)}."
