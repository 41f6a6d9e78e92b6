"""The value files that the chart is tried with: ours, and those people have for the original's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

__all__ = ["MATRIX", "Values"]

Values = Mapping[str, Any]
MATRIX: Mapping[str, Values] = yaml.safe_load(Path(__file__).with_name("matrix.yaml").read_text())
