"""A cluster, reached through the installed kubectl."""
