"""What goes wrong, on order."""

from __future__ import annotations

from fake_bot_api.looking import Looking
from fake_bot_api.records import UNASKED_STATUS, Call, Fault, Json


class Faults(Looking):
    """The next calls of a method fail, hang, break off or answer nonsense."""

    def fail(
        self,
        method: str,
        status: int = 500,
        description: str | None = None,
        *,
        retry_after: int | None = None,
        migrate_to: int | None = None,
        times: int | None = 1,
        skip: int = 0,
        chat_id: int | None = None,
    ) -> None:
        """The next calls of ``method`` ("*": of any) are refused; ``skip`` lets some pass first.

        429 brings ``retry_after`` (1 unless given), 403 says "blocked by the user" unless told otherwise.
        """
        parameters: Json = {}
        if status == 429:
            retry_after = 1 if retry_after is None else retry_after
            description = description or f"Too Many Requests: retry after {retry_after}"
        if retry_after is not None:
            parameters["retry_after"] = retry_after
        if migrate_to is not None:
            parameters["migrate_to_chat_id"] = migrate_to
            description = description or "Bad Request: group chat was upgraded to a supergroup chat"
        text = description or UNASKED_STATUS.get(status, "Error")
        self._fault(Fault(method, "error", status, text, parameters, times=times, skip=skip, chat_id=chat_id))

    def garbage(
        self,
        method: str,
        body: str | bytes = "<html><h1>502 Bad Gateway</h1>",
        *,
        status: int = 200,
        times: int | None = 1,
        skip: int = 0,
        executed: bool = False,
        chat_id: int | None = None,
    ) -> None:
        """An answer that is no JSON."""
        raw = body.encode() if isinstance(body, str) else body
        self._fault(
            Fault(method, "garbage", status, body=raw, times=times, skip=skip, executed=executed, chat_id=chat_id)
        )

    def hang(
        self,
        method: str,
        seconds: float | None = None,
        *,
        executed: bool = False,
        times: int | None = 1,
        skip: int = 0,
        chat_id: int | None = None,
    ) -> None:
        """No answer, for some seconds (then a proper one) or for ever; ``executed``: but the call was carried out."""
        self._fault(Fault(method, "hang", seconds=seconds, executed=executed, times=times, skip=skip, chat_id=chat_id))

    def drop(
        self,
        method: str,
        *,
        executed: bool = False,
        partial: bool = False,
        times: int | None = 1,
        skip: int = 0,
        chat_id: int | None = None,
    ) -> None:
        """The connection breaks instead of an answer, or in the middle of one (``partial``)."""
        self._fault(Fault(method, "drop", executed=executed, partial=partial, times=times, skip=skip, chat_id=chat_id))

    def clear_faults(self) -> None:
        with self._lock:
            self.faults.clear()
            self._touch()

    def _fault(self, fault: Fault) -> None:
        with self._lock:
            self.faults.append(fault)
            self._touch()

    def _take_fault(self, call: Call) -> Fault | None:
        for fault in self.faults:
            if fault.method not in ("*", call.method) and fault.method.lower() != call.method.lower():
                continue
            if fault.chat_id is not None and call.params.get("chat_id") != fault.chat_id:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                return None
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
            return fault
        return None
