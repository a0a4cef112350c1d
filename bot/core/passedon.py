"""A message that was written by somebody else and passed on: "is this a scam?"

"I have already transferred 30,000" in it is not the resident's own state, and an emergency card would send him to stop
a payment that he never made. What is passed on is judged by what it is about. Only when the text itself asks what to
do does the card help whoever needs it: the neighbour who wrote it, or the resident who answers him.
"""

from __future__ import annotations

import re

_HELP = re.compile(
    r"(?:怎么|咋)(?:办|搞|弄|整)|咋整|点算|如何是好|该怎么做|(?:求助|求救|救命|救救)|(?:帮我|帮忙|替我)报警|来得及吗"
    r"|(?:还能|能不能|能否|可以|可不可以|有没有办法|有办法)[^,，。!?]{0,6}[追要拿退找]回"
    r"|what (?:should|shall|do|can|could) (?:i|we|she|he|they) do|what now\b|please help(?! (?:me )?(?:pay|send|transfer|by))"
    r"|help me(?! (?:pay|send|transfer|buy|with|by|out with))|(?:can|could|how do|how can) (?:i|we) (?:still )?"
    r"(?:get|stop|recover|cancel|undo|reverse)|(?:is it|am i) too late"
)


def asks_for_help(text: str) -> bool:
    """``text`` in normal form. Asking for money ("帮我转五千") is what scams do, and no call for help."""
    return bool(_HELP.search(text))
