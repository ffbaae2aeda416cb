"""What it costs to paint a picture of a world with ground truth."""

import time
from collections.abc import Callable, Iterator

from core.worlds import critters, glyphs
from tests.bench.table import Row, median, quantile

title = "Worlds"

ROUNDS = 8
BAR = 400  # critters of 64 px a second


def rows() -> Iterator[Row]:
    """Critters by their size, what drawing their factors takes beside it, crowds and glyphs."""
    f = critters.sample(192, seed=0)
    for size, bar in ((64, BAR), (32, None), (128, None)):
        yield _rate(f"critters of {size} px", 192, lambda size=size: critters.render(f, size), bar)
    yield _rate(
        "the same of 64 px, without parts and landmarks",
        192,
        lambda: critters.render(f, 64, parts=False, landmarks=False),
    )
    yield _rate("factors alone", 4096, lambda: critters.sample(4096, seed=0))
    yield _rate("pictures of 0 to 5 critters, 128 px", 64, lambda: critters.crowd(64, seed=0))
    digits = glyphs.sample(1024, seed=0)
    yield _rate("glyphs of 28 px", 1024, lambda: glyphs.render(digits))


def _rate(what: str, n: int, work: Callable[[], object], bar: int | None = None) -> Row:
    """Pictures a second of CPU: the median of some rounds, and the worst tenth."""
    work()
    rates = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        rates.append(n / (time.process_time() - began))
    return Row(
        f"{what}, a CPU-second",
        f">= {bar}" if bar else "-",
        f"{median(rates):,.0f}, worst tenth {quantile(rates, 0.1):,.0f}",
        median(rates) >= bar if bar else None,
    )
