"""What `make repro` runs: `dvc repro`, with a dvc.lock that survives whatever ends it. The arguments are DVC's."""

import sys

from hallmark import lockfile
from hallmark.errors import InputError


def main(arguments: list[str]) -> int:
    try:
        return lockfile.guard([sys.executable, "-m", "dvc", "repro", *arguments])
    except InputError as error:
        sys.stderr.write(f"repro: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
