"""The Kubernetes API server: the only part of the controller that speaks to it.

client.py     the requests: get, list, watch, create, replace, delete
http.py       one exchange, and the only user of the HTTP client library
access.py     where the server is and who we are
decode.py     answers to typed objects; depth.py bounds them, errors.py names what goes wrong
objects.py    what all objects have in common; types.py the kinds that we use
reflector.py  list and watch without losing an event
throttle.py   the original's client-side rate limit
merge.py      several watches as one
store.py      the port `Store`; vault.py the port `KeyVault`; opening.py puts them together
"""
