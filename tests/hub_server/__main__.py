"""`python -m hub_server FOLDER`: serve the repositories in a folder until interrupted."""

import argparse
import contextlib
import signal
import threading
from pathlib import Path

from hub_server import TOKEN, Hub, serving


def main() -> None:
    """Serve, and print where."""
    parser = argparse.ArgumentParser(prog="hub_server", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-redirect", action="store_true", help="serve files in LFS from the Hub's origin")
    parser.add_argument("--bytes-per-second", type=float, help="the speed of the line, each way")
    parser.add_argument("--multipart-above", type=int, metavar="BYTES", help="upload larger files in parts")
    options = parser.parse_args()
    hub = Hub(
        options.folder,
        redirect=not options.no_redirect,
        bytes_per_second=options.bytes_per_second,
        multipart_above=options.multipart_above,
        port=options.port,
    )
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with serving(hub), contextlib.suppress(KeyboardInterrupt):
        print(f"HF_ENDPOINT={hub.url} HF_TOKEN={TOKEN}", flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
