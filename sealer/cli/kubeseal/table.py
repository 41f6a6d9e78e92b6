"""The flags of kubeseal: its own, those that kubectl has too, and those of its logs."""

from dataclasses import replace

from sealer.certsource import DEFAULT_CONTROLLER_NAME, DEFAULT_CONTROLLER_NAMESPACE
from sealer.cli.kubeseal.flags import Flag
from sealer.cli.kubeseal.kinds import (
    BOOLEAN,
    COMMA_LIST,
    LIST,
    LOG_BOOLEAN,
    LOG_LEVEL,
    LOG_MODULES,
    LOG_SEVERITY,
    LOG_SIZE,
    LOG_TRACE,
    SCOPE,
    TEXT,
    Kind,
)

OWN = (
    Flag("allow-empty-data", BOOLEAN, "Seal a Secret without items too"),
    Flag(
        "cert",
        TEXT,
        "The certificate to seal with: a file, a file:// or an http(s) URL. No cluster is asked",
    ),
    Flag("controller-name", TEXT, "The Service of the controller", DEFAULT_CONTROLLER_NAME),
    Flag(
        "controller-namespace", TEXT, "The namespace of that Service", DEFAULT_CONTROLLER_NAMESPACE
    ),
    Flag("fetch-cert", BOOLEAN, "Print the certificate, to keep it for --cert"),
    Flag("format", TEXT, "How to write objects: json or yaml", "json", short="o"),
    Flag("from-file", COMMA_LIST, "The file that holds the value for --raw, [KEY=]PATH"),
    Flag("help", BOOLEAN, "Print this list", has_variable=False),
    Flag("kubeconfig", TEXT, "The kubeconfig file"),
    Flag("merge-into", TEXT, "Add or replace items of the SealedSecret in this file"),
    Flag("name", TEXT, "The name of the SealedSecret, which --raw needs in the strict scope"),
    Flag("raw", BOOLEAN, "Seal one value and print it as it stands in a SealedSecret"),
    Flag("re-encrypt", BOOLEAN, "Let the controller seal SealedSecrets anew with its newest key"),
    Flag(
        "recovery-private-key",
        COMMA_LIST,
        "Files with private keys for --recovery-unseal: PEM, key Secrets, or a List of these",
    ),
    Flag("recovery-unseal", BOOLEAN, "Decrypt SealedSecrets with private keys, for recovery"),
    Flag(
        "rotate",
        BOOLEAN,
        stands_for="re-encrypt",
    ),
    Flag(
        "scope",
        SCOPE,
        "Where it will open: strict, namespace-wide, cluster-wide. Without it the annotations "
        "of the Secret decide",
        "strict",
    ),
    Flag(
        "sealed-secret-file",
        TEXT,
        "The file to write, instead of standard output; .yaml and .yml ask for YAML",
        short="w",
    ),
    Flag("secret-file", TEXT, "The file to read, instead of standard input", short="f"),
    Flag("validate", BOOLEAN, "Ask the controller whether SealedSecrets open"),
    Flag("version", BOOLEAN, "Print the version", has_variable=False),
)


def _cluster(name: str, usage: str, kind: Kind = TEXT, default: str = "", short: str = "") -> Flag:
    return Flag(name, kind, usage, default, short)


# Handed on to kubectl as they are, but for those that `sealer.cli.kubeseal.cluster` names.
CLUSTER = (
    _cluster("as", "The user to act as"),
    _cluster("as-group", "A group to act as; may be given several times", LIST),
    _cluster("as-uid", "The UID to act as"),
    _cluster("certificate-authority", "The certificate of the API server's authority"),
    _cluster("client-certificate", "The certificate to log in with"),
    _cluster("client-key", "The private key of that certificate"),
    _cluster("cluster", "The cluster of the kubeconfig"),
    _cluster("context", "The context of the kubeconfig"),
    _cluster("disable-compression", "Let the API server's answers come uncompressed", BOOLEAN),
    _cluster("insecure-skip-tls-verify", "Trust any API server: insecure", BOOLEAN),
    _cluster("namespace", "The namespace of Secrets that have none", short="n"),
    _cluster("password", "The password of --username"),
    _cluster("proxy-url", "The proxy on the way to the API server"),
    _cluster("request-timeout", "How long an answer may take, such as 5s or 2m; 0 for ever", TEXT),
    _cluster("server", "The address of the API server"),
    _cluster("tls-server-name", "The name that the API server's certificate has"),
    _cluster("token", "The bearer token to log in with"),
    _cluster("user", "The user of the kubeconfig"),
    _cluster("username", "The name to log in with"),
)


def _log(name: str, kind: Kind = LOG_BOOLEAN, short: str = "") -> Flag:
    return Flag(name, kind, "Accepted, and without effect", short=short, has_variable=False)


LOGS = (
    _log("add_dir_header"),
    _log("alsologtostderr"),
    _log("alsologtostderrthreshold", LOG_SEVERITY),
    _log("legacy_stderr_threshold_behavior"),
    _log("log_backtrace_at", LOG_TRACE),
    _log("log_dir", TEXT),
    _log("log_file", TEXT),
    _log("log_file_max_size", LOG_SIZE),
    _log("logtostderr"),
    _log("one_output"),
    _log("skip_headers"),
    _log("skip_log_headers"),
    _log("stderrthreshold", LOG_SEVERITY),
    replace(_log("v", LOG_LEVEL, "v"), usage="Above 0, show where a bug happened"),
    _log("vmodule", LOG_MODULES),
)

FLAGS = tuple(sorted((*OWN, *CLUSTER, *LOGS), key=lambda flag: flag.name))
