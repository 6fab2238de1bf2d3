"""The gate: from findings and requirements to a verdict."""

from hallmark.gate.judgements import conclusions as conclusions
from hallmark.gate.judgements import decide as decide
from hallmark.gate.stage_findings import read_stage_findings as read_stage_findings
from hallmark.gate.summary import summarise as summarise
from hallmark.gate.summary import summarise_sealed as summarise_sealed
from hallmark.gate.terminal_tables import show as show
