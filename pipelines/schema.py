"""The models of the configuration → conf/schema/<system>.json for editors, and docs/configuration.md for people."""

from pathlib import Path

from hallmark import systems
from hallmark.configure import json_schema, reference_page

CONF = Path("conf")
PAGE = Path("docs/configuration.md")


def main() -> None:
    folder = CONF / "schema"
    folder.mkdir(exist_ok=True)
    for system in systems.NAMES:
        text = json_schema.to_json(json_schema.task_schema(system))
        (folder / f"{system}.json").write_text(text, encoding="utf-8")

    PAGE.write_text(reference_page.render(CONF), encoding="utf-8")


if __name__ == "__main__":
    main()
