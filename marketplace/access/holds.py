"""Why a grant is on hold, in words for its holder: what is missing, and what to do."""

from datetime import datetime

from contracts.access_conditions import AccessCondition, access_conditions, condition_names
from contracts.model import Contract
from marketplace.access.grant_life import Hindrance
from marketplace.access.model import Grant


def hold_reason(grant: Grant, contract: Contract, now: datetime) -> str | None:
    """Why the grant gives no right for now; None where it gives one, or is over for good."""
    hindrance, suspension = grant.hindrance(now, condition_names(contract)), grant.life.suspension
    if hindrance is Hindrance.SUSPENDED and suspension is not None:
        return f"it was suspended by `{suspension.actor_id}` ({suspension.reason}). Ask them."
    if hindrance is Hindrance.MOVED:
        by = f"{grant.confirm_by:%d %B %Y}"
        return f"you moved, and an approver has to confirm it before `{by}`. Ask one of them."
    if hindrance is Hindrance.CONDITION:
        known = {each.name: each for each in access_conditions(contract)}
        unmet = grant.unmet(now, condition_names(contract))
        return " ".join(["it needs what you do not have.", *(_way(known, name) for name in unmet)])
    return None


def _way(known: dict[str, AccessCondition], name: str) -> str:
    condition = known.get(name)
    if condition is None:
        return f"Meet `{name}`: ask who approved the grant."
    where = f" at {condition.url}" if condition.url else ""
    return f"Meet `{name}` ({condition.title}){where}."
