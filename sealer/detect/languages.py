"""How a file's language begins a comment, told by the file's name."""

# `.json` is for JSON with comments. Any ending of a name counts, as in `main.tf.bak`, and a name
# without endings, such as `Jenkinsfile`.
_WITH_SLASHES = {
    "bicep", "c", "cc", "cjs", "cpp", "cs", "cts", "cue", "dart", "go", "gradle", "groovy",
    "h", "hcl", "hpp", "java", "jenkinsfile", "js", "json", "json5", "jsonc", "jsonnet", "jsx",
    "kt", "kts", "libsonnet", "mjs", "mts", "php", "proto", "rs", "scala", "sol", "swift",
    "tf", "tfvars", "ts", "tsx", "zig",
}  # fmt: skip
_WITH_TAGS = {"htm", "html", "markdown", "md", "mdx", "svg", "xhtml", "xml"}


def comment_signs(path: str) -> tuple[str, ...]:
    """Return the signs that begin a comment in a file.

    `#` and `{{` (of `{{/*`) count everywhere: a manifest may stand in a program's string, and a
    template in any file.

    Args:
        path: The file's name.
    """
    name = path.lower().replace("\\", "/").rpartition("/")[2]
    endings = name.split(".")[1:] or [name]
    slashes = () if _WITH_SLASHES.isdisjoint(endings) else ("//",)
    tags = () if _WITH_TAGS.isdisjoint(endings) else ("<!--",)
    return ("#", "{{", *slashes, *tags)
