"""How a solver's process takes tasks and ends when the other side is gone."""

import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import SimpleQueue

from residency.scheduling.solver_messages import Done, Task, Told

Tell = Callable[[Told], None]
"""Tells the other side what was found."""


def serve(descriptor: int, solve: Callable[[Task, Tell], Done]) -> None:
    """Solve one task after another until the connection is closed.

    The process then ends at once, in the middle of a search too.
    """
    connection: Connection[Told, Task] = Connection(descriptor)
    tasks: SimpleQueue[Task] = SimpleQueue()
    threading.Thread(target=_listen, args=(connection, tasks), daemon=True).start()
    while True:
        connection.send(solve(tasks.get(), connection.send))


def _listen(connection: "Connection[Told, Task]", tasks: SimpleQueue[Task]) -> None:
    while True:
        try:
            tasks.put(connection.recv())
        except (EOFError, OSError):
            # Not sys.exit: the main thread may be in a search that does not return for long.
            os._exit(0)
