"""Configure: Hydra composes a task's parameters from conf/, and the pydantic models of `config` check them.

`json_schema`, `reference_page` and `migration` serve `make schema` and `make migrate`, and are imported
by themselves.
"""

from hallmark.configure.composition import compose_task, to_yaml
from hallmark.configure.model_names import require_own_model_name
from hallmark.configure.overrides import read_overrides
from hallmark.configure.task_list import Task, read_tasks, require_listed

__all__ = [
    "Task",
    "compose_task",
    "read_overrides",
    "read_tasks",
    "require_listed",
    "require_own_model_name",
    "to_yaml",
]
