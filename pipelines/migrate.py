"""Former keys and values in conf/ → those of today, in place; `make migrate` runs this once after an upgrade."""

import sys
from pathlib import Path

from hallmark.configure import migration
from hallmark.console import PlainConsole
from hallmark.errors import printable

CONF = Path("conf")


def main() -> int:
    """Return 0 where conf/ has today's names alone, 2 where something is left to change by hand."""
    console = PlainConsole(stderr=True)
    outcome = migration.migrate(CONF)

    for name in outcome.rewritten:
        console.print(f"rewritten: {printable(name)}")
    for sentence in outcome.by_hand:
        console.print(printable(f"migrate: {sentence}"), style="bold red")
    if not outcome.rewritten and not outcome.by_hand:
        console.print("nothing to rewrite: conf/ has no former key or value")
    return 2 if outcome.by_hand else 0


if __name__ == "__main__":
    sys.exit(main())
