"""Run by the Python of the oracles, never by ours: asks datacontract-cli what our tests ask.

Reads {"lint": [paths], "test": [paths]} from standard input, and writes for each path what was said
of each part of the contract: `[table, column, kind of check, result, reason]`. One process answers
everything, because importing the package takes seconds.
"""

import json
import logging
import sys

from datacontract.data_contract import DataContract


def said_by(run):
    return [[c.model, c.field, c.type, outcome(c), c.reason] for c in run.checks]


def outcome(check):
    """Its word, told apart where it says `failed` of what it could not execute.

    `stopped`: the whole run broke. `error`: the check broke. `none`: it has no result, because
    another one of its batch broke.
    """
    if check.type == "general":
        return "stopped"
    if (check.reason or "").startswith("Error evaluating check"):
        return "error"
    return check.result.value if check.result else "none"


def contract(path):
    return DataContract(data_contract_file=path, inline_references=False, all_errors=True)


def main():
    logging.disable(logging.CRITICAL)
    asked = json.load(sys.stdin)
    answers = {
        "lint": {path: said_by(contract(path).lint()) for path in asked.get("lint", [])},
        "test": {path: said_by(contract(path).test()) for path in asked.get("test", [])},
    }
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
