"""Migrate databases in a process of its own, because the launcher stays for days and need not keep the migration tool loaded.

Run as `python -m deploy.local.migrating`; the owner URLs are in DUEBACK_OWNER_URLS (JSON, service to URL), not in the
arguments, which everybody on the machine can read. Exit code 2 with one sentence on stderr when a database cannot follow.
"""

import json
import os
import sys

from shared.migrations.run import migrate

URLS_VARIABLE = "DUEBACK_OWNER_URLS"


def main() -> int:
    """Upgrade each database to its newest revision, in the order given."""
    for service, url in json.loads(os.environ[URLS_VARIABLE]).items():
        try:
            migrate(service, url)
        except Exception as error:
            lines = str(error).splitlines() or ["no reason given"]
            print(
                f"The database of {service} could not be brought up to date: {type(error).__name__}: {lines[0]}",
                file=sys.stderr,
            )
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
