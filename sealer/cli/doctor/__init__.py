"""`sealer doctor`: the facts are collected from the cluster, and what the checks say is shown.

asking.py     questions to the API server, whose answers become facts
find.py       where the controller is
collect.py    everything about it
services.py   ... what it answers itself, through the service proxy
lease.py      ... who leads, and whether that one is alive
reviews.py    ... what subjects may do
applied.py    ... its SealedSecrets
rendering.py  results as a table and as JSON
"""
