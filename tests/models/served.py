"""A server on this computer that gives out files, and breaks off, redirects or refuses as asked."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Shelf:
    """Files by path, and what is wrong with the answers."""

    files: dict[str, bytes] = field(default_factory=dict)
    told: dict[str, dict[str, str]] = field(default_factory=dict)  # headers of a redirection
    cut: int = 0  # bytes after which the next answer breaks off
    status: int = 200  # of every answer
    ranges: list[str] = field(default_factory=list)  # that were asked for
    address: str = ""


@contextmanager
def serving() -> Iterator[Shelf]:
    """A shelf, and its server while this lasts."""
    shelf = Shelf()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in shelf.told:
                self.send_response(302)
                self.send_header("Location", f"/stored{self.path}")
                for name, value in shelf.told[self.path].items():
                    self.send_header(name, value)
                self.end_headers()
                return
            data = shelf.files.get(self.path.removeprefix("/stored"))
            if data is None or shelf.status != 200:
                self.send_error(404 if data is None else shelf.status)
                return
            asked = self.headers.get("Range", "")
            shelf.ranges.append(asked)
            begin = int(asked[6:-1]) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(data) - begin))
            self.end_headers()
            sent, shelf.cut = data[begin : begin + shelf.cut] if shelf.cut else data[begin:], 0
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    shelf.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()
