"""Where a crash happened, without what was in memory: values may stand in an error's text."""

import traceback
from collections.abc import Iterator


def frames(error: BaseException | None) -> Iterator[str]:
    """Yield file, line and function of each call, of the error and of those that led to it."""
    while error is not None:
        yield type(error).__name__
        for frame in traceback.extract_tb(error.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
        error = error.__cause__ or error.__context__
