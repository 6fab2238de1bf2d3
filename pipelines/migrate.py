"""Former keys and values in conf/ → those of today, in place; `make migrate` runs this once after an upgrade."""

import sys
from pathlib import Path

from hallmark.configure import migration
from hallmark.console import PlainConsole
from hallmark.errors import InputError, printable

CONF = Path("conf")


def main() -> int:
    console = PlainConsole(stderr=True)
    try:
        rewritten = migration.migrate(CONF)
    except InputError as error:
        console.print(printable(f"migrate: {error}"), style="bold red")
        return 2

    for name in rewritten:
        console.print(f"rewritten: {name}")
    if not rewritten:
        console.print("nothing to rewrite: conf/ has no former key or value")
    return 0


if __name__ == "__main__":
    sys.exit(main())
