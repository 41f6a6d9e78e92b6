"""Gives a program the host name that it would have in a Pod: the Pod's.

Python loads this module by its name when the folder is in PYTHONPATH. Kubernetes sets HOSTNAME too.
"""

import os
import socket

_NAME = os.environ.get("HOSTNAME", "")

if _NAME:
    socket.gethostname = lambda: _NAME
