"""Who renders: joblib's workers, of one thread each, on this computer or on a cluster.

    python -m core atlas --layers blocks.3 -o atlas
    python -m core atlas --backend dask --cluster tcp://10.0.0.1:8786 -o atlas

Workers send pictures back and write nothing, so a cluster needs no folder that
all can see. A worker that is killed loses the few units that it was at, and
those are made again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import joblib
import torch
from tqdm import tqdm

from core import cpu, models, pictures
from core.atlas import book
from core.atlas.book import Book
from core.atlas.rendering import AT_ONCE, Chunk, photographed, visualised
from core.export import sheets
from core.models import Classifier
from core.probe import SettingError
from core.probes.features import Settings

BACKENDS = ("loky", "dask", "ray", "threading")


@dataclass(frozen=True)
class Order:
    """Which units, into which folder, by whom.

    No layers are all stage outputs, no units are all of them; `number` draws so
    many by the seed `draw` instead. No workers are as many as there are cores.
    """

    folder: Path
    layers: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    number: int = 0
    draw: int = 0
    workers: int = 0
    backend: str = BACKENDS[0]
    cluster: str = ""
    quiet: bool = False
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise SettingError(f"There is no backend {self.backend!r}: choose {_BACKENDS}.")
        if not 0 <= self.workers <= 1024:
            raise SettingError(f"workers = {self.workers} is out of range: choose 1 to 1024.")
        if self.number < 0 or (self.number and self.units):
            raise SettingError("Name the units, or draw a number of them: one or the other.")
        if self.cluster and self.backend not in _CLUSTERS:
            raise SettingError("A cluster is Dask's or Ray's: add --backend dask or ray.")


_BACKENDS = ", ".join(BACKENDS)


def written(order: Order) -> dict[str, Any]:
    """Render what is asked for and is not there yet; tell what was made.

    Ctrl-C keeps what is done; "stopped" is then a sentence that says so.
    """
    network = models.classifier(order.settings.network)
    wanted = _wanted(order, network)
    kept = book.opened(order.folder, network, order.settings)
    missing = _missing(kept, wanted)
    left = sum(len(chunk.units) for chunk in missing)
    made, stopped = 0, False
    try:
        with _crew(order) as work, tqdm(total=left, disable=order.quiet or None) as bar:
            for count in _rendered(order, kept, missing, work) if missing else ():
                made += count
                bar.update(count)
    except KeyboardInterrupt:
        stopped = True
    manifest = kept.list(network)
    count = sum(len(layer["units"]) for layer in manifest["layers"].values())
    return {
        "folder": str(order.folder),
        "network": network.name,
        "layers": list(wanted),
        "made": made,
        "units": count,
        "stopped": f"Stopped: {count} units are in {order.folder}." if stopped else "",
    }


def _wanted(order: Order, network: Classifier) -> dict[str, list[int]]:
    """The units of each layer, in order; raises where one is not the network's."""
    stages = network.stages
    layers = list(dict.fromkeys(order.layers)) or stages
    for layer in layers:
        channels = network.layer(layer).channels
        for unit in order.units:
            if not 0 <= unit < channels:
                raise SettingError(
                    f"unit = {unit} is out of range: {layer} of {network.title} has "
                    f"{channels} units, 0 to {channels - 1}."
                )
    if order.number:
        drawn = sheets.units(network, order.number, order.draw, layers)
        return {layer: [unit for of, unit in drawn if of == layer] for layer in layers}
    return {
        layer: sorted(set(order.units)) or list(range(network.layer(layer).channels))
        for layer in layers
    }


def _missing(kept: Book, wanted: dict[str, list[int]]) -> list[Chunk]:
    """What is not there, in batches; the deepest first, which take longest."""
    found = []
    for layer, units in reversed(wanted.items()):
        left = [unit for unit in units if kept.numbers(layer, unit) is None]
        found += [
            Chunk(layer, tuple(left[i : i + AT_ONCE])) for i in range(0, len(left), AT_ONCE)
        ]  # fmt: skip
    return found


Work = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], Iterator[Any]]


def _rendered(order: Order, kept: Book, missing: list[Chunk], work: Work) -> Iterator[int]:
    """Keep unit after unit as it comes; a killed worker's are asked for again."""
    settings = order.settings
    layers = tuple(dict.fromkeys(chunk.layer for chunk in missing))
    seen = list(work(photographed, [(settings, layers, name) for name in pictures.shipped()]))
    best = {
        layer: [max(found) for found in zip(*(s[layer] for s in seen), strict=True)]
        for layer in layers
    }
    waiting = {
        (chunk.layer, chunk.units): replace(
            chunk, photographs=tuple(best[chunk.layer][unit] for unit in chunk.units)
        )
        for chunk in missing
    }
    lost = 0
    while waiting:
        before = len(waiting)
        try:
            rows = [(settings, kept.head, chunk) for chunk in waiting.values()]
            for layer, units, files in work(pages, rows):
                for unit, data in zip(units, files, strict=True):
                    kept.put(layer, unit, data)
                del waiting[layer, units]
                yield len(units)
        except BrokenProcessPool:
            lost = 0 if len(waiting) < before else lost + 1
            if lost == PATIENCE:
                raise MemoryError from None


PATIENCE = 3  # times that workers may be killed with nothing made between


def pages(
    settings: Settings, head: Mapping[str, Any], chunk: Chunk
) -> tuple[str, tuple[int, ...], list[bytes]]:
    """A worker's task: layer, units and files of a chunk."""
    found = visualised(settings, chunk)
    return chunk.layer, chunk.units, [book.page(head, chunk.layer, one) for one in found]


def alone(task: Callable[..., Any], *given: Any) -> Any:
    """A task on one thread; afterwards as many as before."""
    cpu.settle()  # a worker's process is new: it too keeps the memory of a step for the next
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return task(*given)
    finally:
        torch.set_num_threads(before)


@contextmanager
def _crew(order: Order) -> Iterator[Work]:
    """Workers of one thread each that do a task for every row of arguments, in any order."""
    workers = order.workers or (-1 if order.cluster else joblib.cpu_count())

    def work(task: Callable[..., Any], rows: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
        crew: Any = joblib.Parallel(return_as="generator_unordered", batch_size=1)  # type: ignore[arg-type]
        yield from crew(joblib.delayed(alone)(task, *row) for row in rows)

    join = _CLUSTERS.get(order.backend)
    with join(order.cluster, workers) if join else nullcontext():
        inner = {"inner_max_num_threads": 1} if order.backend == "loky" else {}
        with joblib.parallel_config(backend=order.backend, n_jobs=workers, **inner):
            yield work


def _dask(address: str, workers: int) -> AbstractContextManager[Any]:
    """The client of now, of a cluster at an address, or of one that is made here."""
    try:
        from distributed import Client, default_client
    except ImportError:
        raise SettingError("Dask is not installed: pip install 'dask[distributed]'.") from None
    try:
        return nullcontext(default_client())
    except ValueError:
        pass
    if address:
        return Client(address)
    return Client(n_workers=workers, threads_per_worker=1, dashboard_address=None)


def _ray(address: str, workers: int) -> AbstractContextManager[Any]:
    """Ray's workers under joblib's name for them."""
    try:
        import ray  # type: ignore[import-not-found]
        from ray.util.joblib import register_ray  # type: ignore[import-not-found]
    except ImportError:
        raise SettingError("Ray is not installed: pip install ray.") from None
    register_ray()
    if not ray.is_initialized():
        ray.init(address=address or None, num_cpus=None if address else workers)
    return nullcontext()


_CLUSTERS = {"dask": _dask, "ray": _ray}
