"""The verdict in the formats that people and programs read. No format ever shows a value.

Each format is a module: `text`, `jsonreport`, `sarif`, `github`, `gitlab`, `junit`. What they say
alike stands in `words`, `advice`, `paths`, `places` and `fingerprints`.
"""

from collections.abc import Iterator

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from sealer_hooks.verdict import Verdict


def render(form: str, verdict: "Verdict", *, show_allowed: bool = False) -> Iterator[str]:
    """Yield the lines of a report, without line ends.

    Args:
        form: One of `sealer_hooks.arguments.FORMATS`.
        verdict: What to report.
        show_allowed: List what was found and is allowed, too.
    """
    match form:
        case "json":
            from sealer_hooks.report.jsonreport import as_json as lines
        case "sarif":
            from sealer_hooks.report.sarif import as_sarif as lines
        case "github":
            from sealer_hooks.report.github import as_annotations as lines
        case "gitlab":
            from sealer_hooks.report.gitlab import as_code_quality as lines
        case "junit":
            from sealer_hooks.report.junit import as_junit as lines
        case _:
            from sealer_hooks.report.text import as_text as lines
    return lines(verdict, show_allowed=show_allowed)
