"""Telegram: the way out (``transport``) and everything that speaks the Bot API.

incoming   what an update comes down to        handlers/  one small module a theme: values in, values out
table      which handler answers what          render     replies as Telegram HTML, buttons
delivery   sending, faults, flood control      channel    polling, webhook, start and stop
"""

import os

# Periods as timedelta: the library warns at every access otherwise. Read once, when it is imported.
os.environ.setdefault("PTB_TIMEDELTA", "1")
