"""A Telegram Bot API server of our own, over real HTTP, for tests and benchmarks.

    with FakeBotApi() as api:                       # or: async with FakeBotApi() as api
        bot = Bot(api.token, base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file/bot")
        api.message(7, "有人叫我刷单")               # a resident writes; returns the message
        api.wait(lambda: api.sent(7), timeout=5)    # or: await api.wait_for(...)
        api.press(api.sent(7)[-1], "有帮助")         # a button, by its text or its data
        api.fail("sendMessage", 429, retry_after=1) # the next call fails

The server always runs in a thread with a loop of its own; every helper is a plain call, safe from any thread. Or as a
process, ``python tests/fake_bot_api --port 8081``, driven over HTTP by ``RemoteFakeBotApi(url)`` or by hand:

    POST /control/update      one raw update or a list of them
    POST /control/<helper>    a JSON object with the helper's arguments: message, edit, press, fail, hang, burst, ...
    GET  /control/journal     ?since=N&method=sendMessage      GET /control/sent?chat_id=7
    GET  /control/wait        ?method=sendMessage&count=100&timeout=30 (blocks)       GET /control/state

Where Telegram's behaviour is known it is copied, with its error texts; the limits of text are counted in UTF-16 units,
its strictest reading. The bot token never appears in the journal, in an error or in what this module prints.
"""

from fake_bot_api.entities import find_entities
from fake_bot_api.markup import parse_html
from fake_bot_api.records import TOKEN, ApiError, Call, Json
from fake_bot_api.remote import RemoteFakeBotApi
from fake_bot_api.server import FakeBotApi

__all__ = ["TOKEN", "ApiError", "Call", "FakeBotApi", "Json", "RemoteFakeBotApi", "find_entities", "parse_html"]
