"""How a file's language begins a comment, told by the file's name."""

# `.json` is for JSON with comments. Any ending of a name counts, as in `main.tf.bak`, but for those
# before one of YAML: `a.go.yaml` is what it says last.
_WITH_SLASHES = {
    "bicep", "c", "cc", "cjs", "cpp", "cs", "cts", "cue", "dart", "go", "gradle", "groovy",
    "h", "hcl", "hpp", "java", "js", "json", "json5", "jsonc", "jsonnet", "jsx",
    "kt", "kts", "libsonnet", "mjs", "mts", "php", "proto", "rs", "scala", "sol", "swift",
    "tf", "tfvars", "ts", "tsx", "zig",
}  # fmt: skip
_NAMES_WITH_SLASHES = ("jenkinsfile",)
_YAML = {"yaml", "yml"}
_WITH_TAGS = {"htm", "html", "markdown", "md", "mdx", "svg", "xhtml", "xml"}


def comment_signs(path: str) -> tuple[str, ...]:
    """Return the signs that begin a comment in a file.

    `#` and `{{` (of `{{/*`) count everywhere: a manifest may stand in a program's string, and a
    template in any file.

    Args:
        path: The file's name.
    """
    name = path.lower().replace("\\", "/").rpartition("/")[2]
    first, *endings = name.split(".")
    yaml = max((at for at, each in enumerate(endings) if each in _YAML), default=0)
    endings = endings[yaml:]
    has_slashes = first in _NAMES_WITH_SLASHES or not _WITH_SLASHES.isdisjoint(endings)
    slashes = ("//",) if has_slashes else ()
    tags = () if _WITH_TAGS.isdisjoint(endings) else ("<!--",)
    return ("#", "{{", *slashes, *tags)
