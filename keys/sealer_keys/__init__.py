"""Key pairs, certificates and keyrings: who can seal a value, and who can open it.

The package knows RSA and X.509, and nothing of Kubernetes, git or files.
"""
