"""Files are sealed anew, and asked whether they open.

resealing.py  each file by itself, with private keys or through a controller
rotate.py     one object, through a controller
sharing.py    on all cores, by threads or copies of the process
report.py     what came of it
verifying.py  whether it opens, and why not
rendering.py  templates, as the controller renders them
"""
