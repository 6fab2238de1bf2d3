"""What `make repro` runs: `dvc repro`, with a dvc.lock that survives whatever ends it. The arguments are DVC's."""

import sys

from hallmark import command, lockfile


def main(arguments: list[str]) -> int:
    try:
        return lockfile.guard([sys.executable, "-m", "dvc", "repro", *arguments])
    except Exception as error:
        sentence = command.mistake(error)
        if sentence is None:
            raise
        sys.stderr.write(f"repro: {sentence}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
