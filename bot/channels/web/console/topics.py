"""For admins: the list of topics; one is added before its first entry is written."""

from __future__ import annotations

from starlette.responses import Response

from bot.channels.web.console.auth import Call
from bot.core.entry import Topic
from bot.core.texts import one_language
from bot.errors import UsageError
from bot.topicdesk import MOST


def show(call: Call) -> Response:
    return _page(call, Topic("", call.query.get("group"), "", ""))


def _page(call: Call, typed: Topic, status: int = 200, refused: str = "") -> Response:
    faq = call.editorial.published().faq
    return call.page(
        "topics.html",
        status,
        groups=faq.groups,
        topics=faq.topics.values(),
        uses=call.editorial.topic_uses(call.person),
        typed=typed,
        refused=refused,
        most=MOST,
    )


def add(call: Call) -> Response:
    get = call.form.get
    typed = Topic(get("id")[:200], get("group"), get("zh")[:200], get("en")[:200])
    try:
        call.editorial.add_topic(typed, call.person)
    except UsageError as error:
        return _page(call, typed, 422, one_language(str(error), call.lang))
    return call.go("/topics", "topic")


def remove(call: Call) -> Response:
    call.editorial.remove_topic(call.path("topic"), call.person)
    return call.go("/topics", "topic-gone")
