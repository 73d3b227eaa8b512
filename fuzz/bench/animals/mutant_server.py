"""A mutant of the reference server as a process, beside the healthy one that each of its answers is compared with."""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from fuzz.bench.animals.mutants import MARK, PACKAGE, mutated, source
from fuzz.embedded.http_messages import Answer, HttpRequest
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.zoo.telling import serve_and_tell
from fuzz.subjects.reductions.zoo.watching import WatchedSoFar

COPY = "mutated_server"


class Copies(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the reference server's modules under another name, one of them changed."""

    def __init__(self, module: str, number: int) -> None:
        self.module = module
        self.number = number
        self.reached = 0

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != COPY and not name.startswith(f"{COPY}."):
            return None
        return importlib.util.spec_from_loader(name, self, is_package=name == COPY)

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__.removeprefix(COPY).lstrip(".") or "__init__"
        tree = mutated(name, self.number) if name == self.module else ast.parse(source(name))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                node.module = (node.module or "").replace(PACKAGE, COPY, 1)
        setattr(module, MARK, self.mark)
        exec(compile(tree, f"{COPY}/{name}.py", "exec"), vars(module))

    def mark(self, value: Any) -> Any:
        """Return the value, and note that the change was reached."""
        self.reached += 1
        return value


def mutant_server(name: str, tally: WatchedSoFar) -> ReferenceServer:
    """Return the mutant of that id; the tally tells which of its answers are not the healthy ones."""
    module, _, number = name.partition(":")
    copies = Copies(module, int(number))
    sys.meta_path.insert(0, copies)
    broken: type[ReferenceServer] = importlib.import_module(f"{COPY}.server").ReferenceServer
    healthy = ReferenceServer()

    class Compared(broken):  # type: ignore[valid-type, misc]
        """Compares every answer with the healthy one."""

        def handle(self, request: HttpRequest) -> Answer:
            before = copies.reached
            answer: Answer | None = None
            try:
                answer = super().handle(request)
            finally:
                reached = {name} if copies.reached > before else set()
                tally.take(reached, {name} if answer != healthy.handle(request) else set())
            return answer

    return Compared()


def main() -> int:
    """Serve until standard input ends."""
    tally = WatchedSoFar()
    serve_and_tell(mutant_server(sys.argv[1], tally), tally)
    return 0


if __name__ == "__main__":
    sys.exit(main())
