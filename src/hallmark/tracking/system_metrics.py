"""System metrics: MLflow's own record of the machine's load during a training, on request."""

import logging
from typing import Any

from hallmark.errors import InputError
from hallmark.tracking.runs import Run

VARIABLE = "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING"  # MLflow's own
SAMPLING_INTERVAL = 5  # seconds, where MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL names no other


def start(run: Run) -> Any | None:
    """Start MLflow's monitor of processor, memory, disk, network and GPU for the run.

    It logs metrics `system/…` from a thread of its own until its `finish` is called, or until the store does
    not answer; a training that goes on continues their steps. Returns None unless VARIABLE is true, as MLflow
    itself asks. Raises `InputError` where the variable is neither true nor false.
    """
    from mlflow.environment_variables import MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING  # after `connection.connect`

    try:
        is_requested = MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING.get()
    except ValueError as error:
        raise InputError(f"{VARIABLE} must be true or false: {error}") from error
    if not is_requested:
        return None

    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    # Its errors show the store's address, with the password that may stand there.
    logging.getLogger("mlflow.system_metrics").setLevel(logging.CRITICAL)
    monitor = SystemMetricsMonitor(
        run.id, sampling_interval=SAMPLING_INTERVAL, resume_logging=True, tracking_uri=run.client.tracking_uri
    )
    monitor.start()
    return monitor
