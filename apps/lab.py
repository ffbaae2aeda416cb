"""The lab: one process, one port.

The port is bound before anything heavy is imported, and a small page answers
until the rest is there: `python -m apps.lab`, or `python apps/lab.py`.
"""

import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # started as a file, as a Space does
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from apps.kit.gate import Gate, Receive, Scope, Send
from core import cpu

HOST, PORT, FURTHER = "127.0.0.1", 7860, 100  # how many ports are tried
LARGEST_MESSAGE = 400_000  # bytes on the socket: an open of 256 * 1024 characters fits
SILENT = 5  # seconds to the next ping, and then until a page that does not answer is taken as gone
QUIET = {  # nothing is told to anybody
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


class PortError(OSError):
    """No port to listen on; the message says what to do."""


def bound(host: str, port: int) -> socket.socket:
    """A listening socket on the port, or on the next free one."""
    candidates = range(port, min(port + FURTHER, 65536))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in candidates:
        try:
            listener = socket.create_server((host, candidate), family=family, backlog=128)
            # asyncio leaves Nagle's algorithm on for sockets made elsewhere: without this line
            # every second panel waits 40 ms for the acknowledgement of the first
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return listener
        except PermissionError:
            raise PortError(
                f"Port {candidate} is not allowed: choose one with PORT=8080."
            ) from None
        except (OSError, TypeError) as error:  # TypeError: a name that no host can have
            if getattr(error, "errno", None) not in _TAKEN:
                raise PortError(
                    f"The lab cannot listen on {host[:80]}: "
                    f"set LAB_HOST={HOST}, or an address of this computer."
                ) from None
    raise PortError(f"Ports {port} to {candidates[-1]} are all taken: choose another by PORT=8080.")


_TAKEN = (48, 98, 10048)  # address in use: macOS, Linux, Windows


def asked_host() -> str:
    """$LAB_HOST, or this computer alone."""
    return os.environ.get("LAB_HOST", "").strip() or HOST


def asked_port() -> int:
    """$PORT, or 7860; raises PortError if it is no port."""
    said = os.environ.get("PORT", "").strip() or str(PORT)
    if not said.isdecimal() or len(said) > 5 or not 0 < int(said) < 65536:
        raise PortError(f"PORT = {said[:40]!r} is not a port: choose a number from 1 to 65535.")
    return int(said)


def build(pages: Sequence[str] | None = None) -> Any:
    """The lab as an app: socket, routes, landing page and pages, all of them or only these.

    Everything heavy is imported here, after the port has been bound.
    """
    from fastapi import FastAPI

    from apps import course
    from apps import pages as known
    from apps.course.mounted import Course
    from apps.kit import networks, refusals, served, shell
    from apps.pages import evolve, follow, gallery, landing, lessons, units
    from apps.stage import Stage
    from apps.stage.wire import applying, http
    from apps.stage.wire import socket as wire
    from core import models, probes

    stage, warm = Stage(), Warmth()
    device = {"cpu": "CPU", "cuda": "GPU", "mps": "GPU"}[models.device().type]
    chosen = [name for name in known.NAMES if pages is None or name in pages]
    links = [
        shell.Link(f"/app/{name}/", probes.load(name).title, known.load(name).group)
        for name in chosen
    ]
    for page, opens in ((units, "features"), (gallery, "fool")):
        if opens in chosen:  # where a tile that is clicked starts
            links.append(shell.Link(page.ADDRESS, page.TITLE, page.GROUP))
    everywhere = [*links, shell.Link(f"{course.PATH}/", "Course", "Course")]
    everywhere.append(shell.Link(lessons.ADDRESS, lessons.TITLE, lessons.GROUP))
    mounted = Course(everywhere, device)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        async with mounted.life() as open_course:
            ready = partial(warm.up, open_course)
            threading.Thread(target=ready, name="lab-warm", daemon=True).start()
            yield
        stage.close()

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> dict[str, Any]:
        return {"ready": warm.ready, "runs": len(stage), "device": device, "said": warm.said}

    app.include_router(_written("/", landing.html(chosen, everywhere, device)))
    for page in (units, gallery, lessons):
        app.include_router(_written(page.ADDRESS, page.html(everywhere, device)))
    app.include_router(lessons.router())
    routers = (
        units.router,
        gallery.router,
        evolve.router,
        follow.router,
        wire.router,
        http.router,
        applying.router,
    )
    for router in (*(one(stage) for one in routers), served.router(), networks.router()):
        app.include_router(router)
    app.mount("/static", served.Statics(directory=served.STATIC))
    app.mount(course.PATH, mounted)
    app, shells = _paged(app, chosen, everywhere, device)
    app.add_middleware(shell.Shelled, shells=shells)
    app.add_middleware(ReadOnly)
    refusals.install(app, shell.header(everywhere, "", device))
    return app


def _written(address: str, page: str) -> Any:
    """The route of a page that is the same for everybody."""
    from fastapi import APIRouter
    from fastapi.responses import HTMLResponse

    found = APIRouter()

    @found.get(address, response_class=HTMLResponse)
    async def answer() -> str:
        return page

    return found


def _paged(app: Any, names: Sequence[str], links: Sequence[Any], device: str) -> tuple[Any, Any]:
    """The app with a page of Gradio's for each of these probes, and what stands around each."""
    import gradio as gr

    from apps import pages as known
    from apps.kit import page as kit
    from apps.kit import shell
    from apps.kit.theme import theme
    from core import probes

    shells = {}
    for name in names:
        page, probe, path = known.load(name), probes.load(name), f"/app/{name}/"
        shells[path] = (
            shell.head(f"{probe.title} · {shell.TITLE}", kit.config(page, probe, device)),
            shell.header(links, path, device, shows=True) + kit.above(page, probe),
            kit.below(probe),
        )
        app = gr.mount_gradio_app(
            app, kit.build(page, probe), path=path.rstrip("/"), footer_links=[], theme=theme()
        )
    return app, shells


class ReadOnly:
    """Lets nothing be sent to Gradio: its uploads fill the disk, and our pages ask for none."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        from fastapi.responses import JSONResponse

        gradio = scope["type"] == "http" and scope["path"].startswith("/app/")
        if gradio and scope["method"] not in ("GET", "HEAD"):
            said = "Nothing can be sent here: drop the picture on the page."
            refusal = JSONResponse({"sentence": said}, 405, {"Allow": "GET, HEAD"})
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class Warmth:
    """Loads the default network and its control in the background: the first run is quick."""

    def __init__(self) -> None:
        self.ready, self.said = False, ""

    def up(self, then: Callable[[], object] = lambda: None) -> None:
        """Load; what is missing is said by /healthz, and again by the run that needs it."""
        from apps.stage.door import public
        from core import models

        models.hold(public.WEIGHTS[public.is_public()])
        first = models.names()[0]
        try:
            models.load(first).twin(0)
        except (LookupError, ValueError, OSError) as error:
            self.said = str(error)
        cpu.give_back()  # what loading has left
        self.ready = True
        then()


def main(pages: Sequence[str] | None = None) -> int:
    """Open the lab, with all pages or only these; returns when it is closed."""
    try:
        cpu.settle()
        host, wanted = asked_host(), asked_port()
        listener = bound(host, wanted)
    except (PortError, cpu.ThreadsError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    port = listener.getsockname()[1]
    if port != wanted:
        sys.stdout.write(f"Port {wanted} is taken; this lab is on {port}.\n")
    shown = HOST if host in ("0.0.0.0", "::") else host
    sys.stdout.write(f"Ascent: http://{f'[{shown}]' if ':' in shown else shown}:{port}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):  # Ctrl+C is how a lab is closed
        _serve(listener, host, pages)
    return 0


def _serve(listener: socket.socket, host: str, pages: Sequence[str] | None) -> None:
    import uvicorn

    from apps.kit import door, hosts

    served = hosts.Served(host, listener.getsockname()[1])
    config = uvicorn.Config(
        door.Door(Gate(lambda: build(pages)), served),
        log_level="warning",
        http=door.Http,
        h11_max_incomplete_event_size=door.HEAD,
        ws=door.Socket,
        ws_max_size=LARGEST_MESSAGE,
        ws_ping_interval=SILENT,
        ws_ping_timeout=SILENT,
        ws_per_message_deflate=False,
        proxy_headers=True,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    sys.exit(main())
