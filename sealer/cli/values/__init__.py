"""Values of items and where they come from: never from an argument.

values.py     the options: files, env files, variables, prompts, generators
collect.py    what they give, and all that is wrong with it
envfile.py    a variable a line, as kubectl reads them
prompt.py     typed at a terminal, twice, unseen
password.py   ... or a line of standard input
plaintext.py  one value from a file or standard input
generate.py   passwords, keys and certificates that nobody has to think up
"""
