"""Whether the answers of a request can be kept: before anything is written."""

from dataclasses import asdict
from datetime import datetime

from marketplace.access.model import AccessRequest
from marketplace.access.narrowing import agreement_end, narrowed
from marketplace.access.request_errors import AgreementEnded, AgreementIncomplete, AnswerRefused
from marketplace.access.request_model import SharingAgreement
from marketplace.access.request_rules import RequestRules
from marketplace.access.restriction_rules import refuse_unless_it_fits

SHORTEST_ANSWER, LONGEST_ANSWER = 10, 4000
_SHORTER = {"organisation": 2, "reference": 2}


def check_answers(request: AccessRequest, rules: RequestRules | None, now: datetime) -> None:
    """Raises AnswerRefused, AgreementIncomplete, AgreementEnded or RestrictionRefused."""
    answers = request.answers
    if answers.agreement is not None:
        _check_agreement(answers.agreement)
        check_agreement_holds(request, now)
    if rules is None:
        return
    offers = (
        ("permitted_purpose", answers.permitted_purpose, rules.permitted),
        ("lawful_basis", answers.lawful_basis, rules.lawful_bases),
        ("rows", answers.rows, tuple(rules.rows)),
    )
    for field, value, offered in offers:
        if value and value not in offered:
            raise AnswerRefused(field, value, offered)
    if rules.contract is not None:
        refuse_unless_it_fits(narrowed((rules.offered, answers.restriction)), rules.contract)


def check_agreement_holds(request: AccessRequest, now: datetime) -> None:
    """Raises AgreementEnded where the request rests on an agreement that is over."""
    end = agreement_end(request)
    if end is not None and request.answers.agreement is not None and end <= now:
        agreement = request.answers.agreement
        raise AgreementEnded(agreement.reference, agreement.ends_on.isoformat())


def _check_agreement(agreement: SharingAgreement) -> None:
    texts = {name: text for name, text in asdict(agreement).items() if isinstance(text, str)}
    missing = tuple(
        name
        for name, text in texts.items()
        if not _SHORTER.get(name, SHORTEST_ANSWER) <= len(text.strip()) <= LONGEST_ANSWER
    )
    if missing:
        raise AgreementIncomplete(missing)
