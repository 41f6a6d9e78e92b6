"""Encrypt Kubernetes Secrets for git, and decrypt them again."""
