"""`python -m orchestration.prepare`: set-up's last step, so that no run begins with parsing."""

import sys

from marketplace.config import Settings
from orchestration.errors import OrchestrationError
from orchestration.platform import open_platform


def main() -> int:
    """Compiles the dbt project and traces its columns, unless nothing has changed."""
    platform = open_platform(Settings.from_environment())
    try:
        models = len(platform.columns)
    except OrchestrationError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    sys.stdout.write(f"{models} models parsed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
