import io
import re

import pytest
from rich.table import Table
from rich.text import Text

from hallmark.console import PlainConsole

HOSTILE = "x\x1b[2J\x1b]0;title\x07\r\x9b31m \u202e done\u2028✓ promoted [bold]y[/bold] \ud800"


@pytest.mark.parametrize("terminal", [True, False])
def test_no_value_of_a_table_steers_the_terminal(terminal: bool) -> None:
    table = Table(title=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(Text(HOSTILE))
    table.add_row(HOSTILE)
    written = io.StringIO()
    console = PlainConsole(file=written, force_terminal=terminal, no_color=True, width=400)
    console.print(table, HOSTILE, "[red]z[/red]", soft_wrap=False)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", written.getvalue())  # rich's own styles
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\ud800]", plain)
    assert plain.count(r"x\x1b[2J\x1b]0;title") == 5
    assert "[bold]y[/bold]" in plain and "[red]z[/red]" in plain
