"""The helper functions of the project's first notebook, under their own names.

What was fixed in them is an argument now: clients, ARNs, endpoint, bucket, folder, seed. Each lives in the
module of its concern; this is the list of them.
"""

from scones.inference.capture_store import (
    clear_local_capture_data,
    create_captured_data_directory,
    download_data_for_timestamp,
)
from scones.inference.captures import read_captures, simple_getter
from scones.inference.executions import list_execution_timestamps
from scones.inference.runs import run_step_function_multiple_times
from scones.inference.testcases import generate_test_case
from scones.reporting.charts import visualize_data_bar_chart
from scones.reporting.runs import run_inference_workflow

__all__ = [
    "clear_local_capture_data",
    "create_captured_data_directory",
    "download_data_for_timestamp",
    "generate_test_case",
    "list_execution_timestamps",
    "read_captures",
    "run_inference_workflow",
    "run_step_function_multiple_times",
    "simple_getter",
    "visualize_data_bar_chart",
]
