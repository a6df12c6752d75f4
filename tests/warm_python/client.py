"""Stands in for a Python process that the server forks. Its first argument is the server's socket."""

import json
import os
import signal
import socket
import sys
from types import FrameType


def main(address: str, *arguments: str) -> int:
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        socket.send_fds(server, [b"."], [0, 1, 2])
        request = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
        server.sendall(json.dumps(request).encode() + b"\n")
        with server.makefile() as answers:
            process = int(answers.readline())

            def pass_on(number: int, _frame: FrameType | None) -> None:
                os.kill(process, number)

            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, pass_on)
            # The process alone has them now: whoever reads what it writes sees when it closes them.
            for stream in range(3):
                os.close(stream)
            status = int(answers.readline())
    if status < 0:
        # Ended by a signal, and so does this.
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    os._exit(main(*sys.argv[1:]))
