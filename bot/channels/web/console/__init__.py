"""The editors' and admins' console: server-rendered pages over the editorial services.

auth.py      who calls: sign-in, sessions, forged requests, roles; the way of every request
pages.py     templates, languages, small helpers of the pages
fields.py    what was posted                     shelf.py     an uploaded file between looking and choosing
forms.py     an entry's form and its table       overrides.py its regional and traditional wordings
previews.py  how it reads                        telegram.py  as Telegram shows it      why.py   why it was decided so
queue.py     unanswered questions      entries.py   the published entries and their history
drafts.py    edit, check, replay, publish             tryit.py   ask and see why
figures.py   overview and exports      people.py    staff and audit      files.py   faq/ out and in
topics.py    the list of topics
explore.py   a read-only look at the store, with the extra `explore`
"""

from bot.channels.web.console.routes import console_routes

__all__ = ["console_routes"]
