"""The commands of `python -m bot`, one concept a module.

A module has ``register(commands)``, which adds its parsers and sets ``run``: a function of the parsed arguments
that returns the exit status (0 done, 1 failed or problems found). Results go to stdout, failures to stderr; a
`BotError` that escapes becomes one clear line there (`bot.__main__`).
"""
