"""A cluster, reached through the installed kubectl.

kubectl.py     the program, and what its refusals mean
gateway.py     many requests at once, through one `kubectl proxy`
deadline.py    one limit of time for several requests
controller.py  the controller, through the API server's service proxy
patience.py    ... which is asked again when it is busy
refusals.py    which refusals are about one object
keys.py        the key Secrets
live.py        what runs there, and which Secrets it uses
status.py      why an object does not open, as its status tells
"""
