"""reports/*/ in git → the result table of README.md, between its two markers."""

from pathlib import Path

from hallmark.configure.task_list import read_tasks
from hallmark.layout import Layout
from hallmark.publish import results_table

START, END = "<!-- results -->", "<!-- end of results -->"


def main() -> None:
    tasks = read_tasks(Path("conf/tasks.yaml"))
    rows = [results_table.results_row(Layout(task)) for task in tasks]
    readme = Path("README.md")
    before, _, rest = readme.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{START}\n{results_table.results_table(rows)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
