"""Attacks beside torchattacks and foolbox, on photographs that lite0 knows ($PICTURES).

A folder of photographs gives the class in the name (281_tabby.jpg); of the
shipped ones the network's own first answer is taken. Ours are rounded to 8 bits
at every step, theirs are not, and both take equal steps from equal starts. Times
are CPU seconds of one thread, in turns; theirs is lite0 as timm builds it, ours
is folded.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import foolbox
import torch
import torchattacks
from torch import Tensor, nn

from core import attacks, models, pictures
from core.attacks import ATTACKS, Task, grid, nearest, radius
from core.metrics import bootstrap
from tests.bench import rival
from tests.bench.table import Row, median, quantile

title = "Attacks, ours and torchattacks' or foolbox's"

SIDE = 224
MANY, FEW, SOME, TIMED = 200, 40, 20, 24
LEVELS, L2 = 2, 0.5  # of the balls
QUERIES, SQUARE = 1000, 13  # 13 levels: .05 of the range


class Folded(nn.Module):
    """Our network as a module, for libraries that want one."""

    def __init__(self) -> None:
        super().__init__()
        self.network = models.load("lite0")
        self.weight = nn.Parameter(torch.zeros(1))  # so that they find a device

    def forward(self, x: Tensor) -> Tensor:
        x = x.view_as(x)
        if x.requires_grad:  # torchattacks views slopes, which are channels last here
            x.register_hook(torch.Tensor.contiguous)
        return self.network.activations(x, self.network.output)


class Timm(nn.Module):
    """lite0 as its users have it, normalisation inside."""

    def __init__(self) -> None:
        super().__init__()
        self.network = rival.network()

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x * 2 - 1)


@dataclass(frozen=True)
class Known:
    """Pictures of whole levels that the network is right about."""

    x: Tensor
    labels: Tensor

    def first(self, count: int) -> "Known":
        """So many of them, evenly over all."""
        chosen = torch.linspace(0, len(self.x) - 1, min(count, len(self.x))).long()
        return Known(self.x[chosen], self.labels[chosen])


def known(model: Callable[[Tensor], Tensor], count: int) -> Known:
    """At most so many photographs, less those that the network is wrong about."""
    folder = os.environ.get("PICTURES", "assets/pictures")
    files = sorted(p for p in Path(folder).iterdir() if p.suffix in (".jpg", ".png"))
    if not files:
        raise SystemExit(f"PICTURES={folder} holds no .jpg or .png.")
    x = torch.stack([pictures.eight_bit(pictures.square(pictures.read(p), SIDE)) for p in files])
    with torch.no_grad():
        said = torch.cat([model(part).argmax(1) for part in x.split(8)])
    named = [p.name.split("_")[0] for p in files]
    labels = torch.tensor(
        [int(n) if n.isdigit() else int(s) for n, s in zip(named, said, strict=True)]
    )
    right = said == labels
    return Known(x[right], labels[right]).first(count)


def rows(share: float = 1.0) -> Iterator[Row]:
    """Every row; `share` of the pictures, to try the table."""
    folded, timm = Folded().eval(), Timm().eval()
    many, few, some, timed = (max(2, round(n * share)) for n in (MANY, FEW, SOME, TIMED))
    found = known(folded, many)
    yield from bounded(folded, found)
    yield from timings(timm, folded, found.first(timed))
    yield from smallest(timm, folded, found.first(few))
    yield from adaptive(folded, found.first(few))
    yield from squares(folded, found.first(some))


def task_of(folded: Folded, found: Known, norm: str = "Linf", **how: object) -> Task:
    """PGD's question in steps of half the radius; L2 of .5 in steps of a fifth."""
    each = torch.full((len(found.x),), L2) if norm == "L2" else radius(norm, LEVELS, found.x)
    return Task(folded, found.x, found.labels, each, norm=norm, **how)  # type: ignore[arg-type]


def wrong(model: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
    """Which of these pictures are not named as they should be."""
    with torch.no_grad():
        answers = torch.cat([model(part).argmax(1) for part in x.split(8)])
    return answers != labels


def cut(attack: torchattacks.attack.Attack, found: Known) -> Tensor:
    """Theirs, eight at a time."""
    pairs = zip(found.x.split(8), found.labels.split(8), strict=True)
    return torch.cat([attack(x, labels).detach() for x, labels in pairs])


def bounded(folded: Folded, found: Known) -> Iterator[Row]:
    """Success at equal steps, what is outside its ball, and what a file keeps."""
    eps = LEVELS / 255
    pairs = {
        "FGSM": ("FGSM", "Linf", {"steps": 1}, torchattacks.FGSM(folded, eps=eps)),
        "PGD-10": ("PGD", "Linf", {"step_size": 0.5}, torchattacks.PGD(
            folded, eps=eps, alpha=eps / 2, steps=10, random_start=False)),
        "PGD-10 in L2 of .5, of whole levels": ("PGD", "L2", {"step_size": 0.2}, torchattacks.PGDL2(
            folded, eps=L2, alpha=L2 / 5, steps=10, random_start=False)),
        "MI-FGSM, 10 steps": ("MI-FGSM", "Linf", {"step_size": 0.5}, torchattacks.MIFGSM(
            folded, eps=eps, alpha=eps / 2, steps=10)),
    }  # fmt: skip
    outside = off = lost = fooled = 0
    their_l2 = torch.zeros(0)
    for what, (name, norm, how, theirs) in pairs.items():
        task = task_of(folded, found, norm, **how)
        x = attacks.done(ATTACKS[name], task)
        ours, their = (wrong(folded, y, found.labels) for y in (x, cut(theirs, found)))
        their_l2 = their if norm == "L2" else their_l2
        outside += int((~grid.within(grid.distance(found.x, x, norm), task.radius)).sum())
        off += int(grid.is_on(x).sum())
        again = torch.stack([pictures.read(pictures.png(one)) for one in x])
        lost += int((ours & ~wrong(folded, again, found.labels)).sum())
        fooled += int(ours.sum())
        yield fewer(f"{what}, {LEVELS} levels" if norm == "Linf" else what, ours, their)
    yield Row(
        "values outside ball or range; not of 8 bits",
        "0; 0",
        f"{outside}; {off}",
        outside + off == 0,
    )
    free = task_of(folded, found, "L2", step_size=0.2, on_grid=False)
    ours = wrong(folded, attacks.done(ATTACKS["PGD"], free), found.labels)
    yield fewer("the same in L2, before rounding (no picture of ours)", ours, their_l2)
    kept = 1 - lost / max(1, fooled)
    yield Row("success kept in the saved PNG", ">= 99 %", f"{kept:.1%} of {fooled}", kept >= 0.99)
    noise = torch.where(
        torch.rand(found.x.shape, generator=torch.Generator().manual_seed(0)) < 0.5, -1, 1
    )
    drawn = wrong(folded, grid.rounded(found.x, noise * eps, "Linf"), found.labels)
    yield Row(f"random signs of {LEVELS} levels", "-", f"{int(drawn.sum())} of {len(drawn)} fooled")


def fewer(what: str, ours: Tensor, theirs: Tensor, whose: str = "torchattacks'") -> Row:
    """Success on the same pictures; one fewer is as many."""
    mine, their = int(ours.sum()), int(theirs.sum())
    said = f"{mine} of {len(ours)}, {whose} {their}"
    return Row(f"success: {what}", "within 1 picture", said, mine >= their - 1)


def clock(steps: dict[str, Callable[[], object]], rounds: int = 3) -> dict[str, float]:
    """The least CPU seconds of each, in turns."""
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(rounds):
        for name, step in steps.items():
            began = time.process_time()
            step()
            best[name] = min(best[name], time.process_time() - began)
    return best


def timings(timm: Timm, folded: Folded, found: Known) -> Iterator[Row]:
    """CPU time at equal steps, and until fooled."""
    eps = LEVELS / 255
    pgd = torchattacks.PGD(timm, eps=eps, alpha=eps / 2, steps=10, random_start=False)
    fgsm = torchattacks.FGSM(timm, eps=eps)
    task = task_of(folded, found, step_size=0.5)
    early = replace(task, step_size=1.0)
    took = clock(
        {
            "FGSM": lambda: attacks.done(ATTACKS["FGSM"], replace(task, steps=1)),
            "their FGSM": lambda: cut(fgsm, found),
            "PGD": lambda: attacks.done(ATTACKS["PGD"], task),
            "their PGD": lambda: cut(pgd, found),
            "early": lambda: attacks.until_fooled(ATTACKS["PGD"], early),
        },
        rounds=2,
    )
    n = len(found.x)
    for what, mine, their, bar in (
        ("FGSM", "FGSM", "their FGSM", 0.75),
        ("PGD-10, no early exit", "PGD", "their PGD", 0.70),
        ("until fooled, beside the whole of PGD-10", "early", "their PGD", 0.30),
    ):
        ratio = took[mine] / took[their]
        said = (
            f"{ratio:.0%} ({1000 * took[mine] / n:.0f}, {1000 * took[their] / n:.0f} ms a picture)"
        )
        yield Row(f"time: {what}, {n} pictures", f"<= {bar:.0%}", said, ratio <= bar)


def _parts(task: Task, x: Tensor) -> Iterator[tuple[Task, Tensor]]:
    for which in torch.arange(len(x)).split(8):
        yield attacks.task.subset(task, {}, which)[0], x[which]


def smallest(timm: Timm, folded: Folded, found: Known) -> Iterator[Row]:
    """DeepFool's time and distance, FMN's distance, and what whole levels cost both."""
    far = radius("L2", 60, found.x)
    task = Task(folded, found.x, found.labels, far, norm="L2", steps=30, on_grid=False)
    theirs = foolbox.attacks.L2DeepFoolAttack(steps=30, candidates=10)
    model = foolbox.PyTorchModel(timm.requires_grad_(False), bounds=(0, 1), device="cpu")
    mine = their = 0.0
    ours_x, theirs_x = [], []
    for part, x in _parts(task, found.x):  # in turns: a slow minute falls on both
        began = time.process_time()
        ours_x.append(nearest.tightened(part, attacks.until_fooled(ATTACKS["DeepFool"], part)[0]))
        mine, began = mine + time.process_time() - began, time.process_time()
        theirs_x.append(theirs(model, x, part.labels, epsilons=None)[1])
        their += time.process_time() - began
    x, their_x = torch.cat(ours_x), torch.cat(theirs_x)
    said = f"{mine / their:.0%} ({mine / len(x):.2f}, {their / len(x):.2f} s a picture)"
    yield Row("time: DeepFool, 10 candidates", "<= 60 %", said, mine <= 0.6 * their)
    yield fewer(
        "DeepFool",
        wrong(folded, x, found.labels),
        wrong(folded, their_x, found.labels),
        "foolbox's",
    )
    yield shorter("DeepFool", lengths(found.x, x), lengths(found.x, their_x))

    def least(*, on_grid: bool) -> Tensor:
        one = replace(task, steps=50, loss="margin", on_grid=on_grid)
        return attacks.done(ATTACKS["FMN"], one)

    x = least(on_grid=False)
    quick = foolbox.PyTorchModel(folded, bounds=(0, 1), device="cpu")
    fmn, parts = (
        foolbox.attacks.L2FMNAttack(steps=50),
        zip(found.x.split(8), found.labels.split(8), strict=True),
    )
    their_x = torch.cat([fmn(quick, a, b, epsilons=None)[1] for a, b in parts])
    yield fewer(
        "FMN, 50 steps",
        wrong(folded, x, found.labels),
        wrong(folded, their_x, found.labels),
        "foolbox's",
    )
    yield shorter("FMN, 50 steps", lengths(found.x, x), lengths(found.x, their_x))
    x = least(on_grid=True)
    lost = ~wrong(
        folded, torch.stack([pictures.read(pictures.png(one)) for one in x]), found.labels
    )
    said = (
        f"median {median(lengths(found.x, x)):.3f}; {int(lost.sum())} of {len(x)} lost in the PNG"
    )
    yield Row("FMN on whole levels, L2", "-", said)


def lengths(x: Tensor, y: Tensor) -> list[float]:
    """L2 of each change."""
    return (y - x).flatten(1).norm(dim=1).tolist()


def shorter(what: str, mine: list[float], their: list[float]) -> Row:
    """Medians of L2, with the worst tenth of both."""
    said = (
        f"{median(mine):.4f}, foolbox's {median(their):.4f}; "
        f"worst tenth {quantile(mine, 0.9):.3f}, {quantile(their, 0.9):.3f}"
    )
    return Row(f"median L2: {what}", "<= foolbox's", said, median(mine) <= median(their))


def adaptive(folded: Folded, found: Known) -> Iterator[Row]:
    """APGD with both of its losses at one level, as many readings."""
    for mine, their in (("cross entropy", "ce"), ("DLR", "dlr")):
        attack = torchattacks.APGD(folded, eps=1 / 255, steps=15, loss=their)
        task = Task(folded, found.x, found.labels, radius("Linf", 1, found.x), steps=16, loss=mine)
        fools = torch.zeros(len(found.x), dtype=torch.bool)
        for which in torch.arange(len(found.x)).split(8):
            part, _ = attacks.task.subset(task, {}, which)
            for memory in attacks.steps(ATTACKS["APGD"], part):
                fools[which] |= attacks.is_fooled(part, memory["logits"])
        theirs = wrong(folded, cut(attack, found), found.labels)
        yield fewer(f"APGD with {mine}, 1 level, 16 readings", fools, theirs)


def squares(folded: Folded, found: Known) -> Iterator[Row]:
    """Square beside torchattacks', in batches and one picture at a time."""
    task = Task(folded, found.x, found.labels, radius("Linf", SQUARE, found.x), steps=QUERIES)
    began = time.process_time()
    x, queries = attacks.until_fooled(ATTACKS["Square"], task)
    batch = time.process_time() - began
    mine = [int(q) if q else QUERIES for q in queries]
    fools = wrong(folded, x, found.labels)
    reference = [_theirs(folded, found, i) for i in range(len(found.x))]
    for what, value, of in (
        ("success", sum(q > 0 for q in queries.tolist()), [float(q < QUERIES) for q in reference]),
        ("median queries", median(mine), [float(q) for q in reference]),
    ):
        statistic = sum if what == "success" else median
        drawn = bootstrap.interval(_FIGURES[what](torch.tensor(of)), len(of))
        low, high = drawn.low, drawn.high
        said = f"{value:g}; torchattacks' {statistic(of):g}, interval {low:g} to {high:g}"
        yield Row(
            f"Square, {SQUARE} levels, {QUERIES} queries: {what}",
            "inside the interval",
            said,
            low <= value <= high,
        )
    white = wrong(folded, attacks.done(ATTACKS["PGD"], replace(task, steps=10)), found.labels)
    said = f"{int(fools.sum())}, PGD-10 {int(white.sum())}"
    yield Row(
        "Square is no better than the white box",
        "never above",
        said,
        int(fools.sum()) <= int(white.sum()),
    )
    began = time.process_time()
    for i in range(len(found.x)):
        alone, _ = attacks.task.subset(task, {}, torch.tensor([i]))
        attacks.until_fooled(ATTACKS["Square"], alone)
    ratio = (time.process_time() - began) / batch
    yield Row("Square in batches beside one at a time", ">= 3 x", f"{ratio:.2f} x", ratio >= 3)


def _theirs(folded: Folded, found: Known, i: int) -> int:
    """Queries of torchattacks' Square on one picture; all of them where it does not fool."""
    attack = torchattacks.Square(folded, eps=SQUARE / 255, n_queries=QUERIES, seed=i)
    attack.rescale_schedule = True
    torch.random.manual_seed(i)
    attack.init_hyperparam(found.x[i : i + 1])
    queries, x = attack.attack_single_run(found.x[i : i + 1], found.labels[i : i + 1])
    fools = bool(wrong(folded, x, found.labels[i : i + 1])[0])
    return min(int(queries[0]), QUERIES) if fools else QUERIES


def _total(values: Tensor) -> bootstrap.Figure:
    """Of drawn samples, their sum."""
    return lambda weights: weights @ values.double() * len(values)


def _middle(values: Tensor) -> bootstrap.Figure:
    """Of drawn samples, the median, the lower of two."""
    ordered = values.sort().values  # a weight is drawn for any of them alike
    return lambda weights: ordered[(weights.cumsum(1) < 0.5 - 1e-9).sum(1)]


_FIGURES = {"success": _total, "median queries": _middle}
