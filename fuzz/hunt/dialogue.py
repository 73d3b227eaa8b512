"""Have work that asks one question at a time rest while somebody else finds the answer.

Such work is written as plain calls, each of which returns an answer. It runs in a thread of its own, but never at the
same time as whoever answers: each of the two waits while the other goes on. So nothing that both use needs a lock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Result = TypeVar("Result")


class _Abandoned(BaseException):
    """Ends the work, as nobody answers any more."""


class Dialogue(Generic[Question, Answer, Result]):
    """Work that rests at each of its questions until it is answered.

    `question` is what it asks, until it has `ended`: then `result` is what came of it, or `error` is what it raised.
    """

    def __init__(self, work: Callable[[Callable[[Question], Answer]], Result]) -> None:
        """Do the work as far as its first question."""
        self.question: Question | None = None
        self.result: Result | None = None
        self.error: Exception | None = None
        self.ended = False
        # How long the work itself took, without the waits for its answers.
        self.seconds = 0.0
        self._work = work
        self._answers: SimpleQueue[Answer | _Abandoned] = SimpleQueue()
        self._rests: SimpleQueue[None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        begun = time.monotonic()
        self._thread.start()
        self._let_it_go_on(begun)

    def answer(self, answer: Answer) -> None:
        """Answer the question, and wait for the next one or the end."""
        begun = time.monotonic()
        self._answers.put(answer)
        self._let_it_go_on(begun)

    def abandon(self) -> None:
        """Answer nothing any more; the work ends at its question."""
        if not self.ended:
            self._answers.put(_Abandoned())
            self._let_it_go_on(time.monotonic())

    def _let_it_go_on(self, begun: float) -> None:
        self._rests.get()
        self.seconds += time.monotonic() - begun
        if self.ended:
            self._thread.join()

    def _run(self) -> None:
        try:
            self.result = self._work(self._ask)
        except _Abandoned:
            pass
        except Exception as error:  # noqa: BLE001  (told by whoever answers)
            self.error = error
        finally:
            self.question, self.ended = None, True
            self._rests.put(None)

    def _ask(self, question: Question) -> Answer:
        self.question = question
        self._rests.put(None)
        answer = self._answers.get()
        if isinstance(answer, _Abandoned):
            raise answer
        return answer
