"""Telegram: the way out (``transport``) and everything that speaks the Bot API.

channel    polling, webhook, start and stop    incoming   what an update comes down to
table      which handler answers what          handlers/  one small module a theme: values in, values out
desk       what every handler has at hand      render     replies as Telegram HTML; buttons: what they carry
delivery   sending, and what fails             flood      who writes too fast
unasked    answers that come later             menus      commands and descriptions
"""

import os

# Periods as timedelta: the library warns at every access otherwise. Read once, when it is imported.
os.environ.setdefault("PTB_TIMEDELTA", "1")
