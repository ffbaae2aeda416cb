"""How little of a picture must change before the network answers something else?

The network stays as it is; the picture takes small steps that turn its answer,
inside a ball that is a few 8-bit levels wide, and every picture that is shown is
rounded as its file will be. Beside it stands as much random noise. Then the change
is shown to two other networks, through a JPEG, a blur and another size, and a
slice of what the network answers around it is drawn.

Goodfellow, Shlens and Szegedy, Explaining and Harnessing Adversarial Examples,
2015, https://arxiv.org/abs/1412.6572; Szegedy et al. 2014; Madry et al. 2018; what
each attack departs from is said in core/attacks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor

from core import attacks, pictures
from core.attacks import ATTACKS, BALLS, LOSSES, Task, comparison, landscape
from core.attacks import Network as Answers
from core.attacks.defences import DEFENCES, behind
from core.metrics import relatives
from core.models import Classifier
from core.priors import fourier, views
from core.probe import (
    Choice,
    Frame,
    Label,
    Live,
    Network,
    Panel,
    Picture,
    Range,
    Seed,
    SettingError,
    State,
    Switch,
)
from core.steps import ascent

title = "Fool"
question = "How little must change before the answer turns?"
method = "adversarial examples"
source = "https://arxiv.org/abs/1412.6572"
limits = "It shows that this change exists, not that the network errs on pictures that nobody made for it."
sheet = "An attack on every photograph, in the order of their names."

FREE = "ascent"  # climbs the logit without any ball
STEPS = {"FGSM": 1, "APGD": 40, "DeepFool": 12, "FMN": 60, "Square": 300, "NES": 250, FREE: 48}
WANTED = "probability of what is wanted"  # of the curve, and of a sheet
judged = WANTED, f"control {WANTED}"
READS = 2  # points of the slice in a frame
GREY = 0.01  # deviation of the noise that a picture may start from
DECAY, CONTRAST, RATE = 1.25, 1.2, 0.05  # of the free climb: that of Features
CROP, TURN, NOISE = 0.5, 15.0, 0.03  # of a view: those of a class in Features


@dataclass(frozen=True)
class Settings:
    """Whom to fool, with what, and how far it may go."""

    network: Annotated[str, Network()] = "lite0"
    picture: Annotated[
        str, Picture(without="noise", help="what is changed, a photograph or grey noise")
    ] = "bee"
    attack: Annotated[
        str,
        Choice(
            ("PGD", "FGSM", "MI-DI-TI", "APGD", "DeepFool", "FMN", "Square", "NES", FREE),
            help="one step, many, for other networks, the smallest change, by answers alone, "
            "or a climb without any limit",
        ),
    ] = "PGD"
    norm: Annotated[
        str, Choice(tuple(BALLS), help="what is limited: the largest move, the length, or the sum")
    ] = "Linf"
    aim: Annotated[
        str,
        Choice(("anything else", "a class"), live=True, help="what the answer is to become"),
    ] = "a class"
    target: Annotated[int, Label(of="network", live=True, help="the class it is to become")] = 779
    epsilon: Annotated[
        int,
        Range(
            0, 64, unit="levels of 255", live=True,
            help="how far a value may move at most (Linf), or in the mean (L2: root mean square)",
        ),
    ] = 2  # fmt: skip
    step_size: Annotated[
        float, Range(0.01, 2, log=True, live=True, help="of one step, as a share of the radius")
    ] = 0.25
    views: Annotated[
        bool,
        Switch(live=True, help="the attack looks at a random crop each step, not at the whole"),
    ] = False
    defence: Annotated[
        str,
        Choice(("none", *DEFENCES), live=True, help="what stands between picture and network"),
    ] = "none"
    adaptive: Annotated[
        bool, Switch(live=True, help="the attack knows of the defence and looks through it")
    ] = False
    magnified: Annotated[
        int,
        Range(0, 64, unit="times", zero="fitted", live=True, help="the difference, as it is shown"),
    ] = 0
    loss: Annotated[
        str, Choice(tuple(LOSSES), help="what is climbed: of logits, not of probabilities")
    ] = "cross entropy"
    shows: Annotated[
        str,
        Choice(("its own answer", "a label"), help="what the picture is held to be before"),
    ] = "its own answer"
    label: Annotated[int, Label(of="network", help="what the picture shows")] = 281
    second: Annotated[str, Network(help="a network that was not asked")] = "lite2"
    third: Annotated[str, Network(help="another one that was not asked")] = "lite0-robust"
    landscape: Annotated[
        int, Range(0, 33, unit="points", zero="none", help="a side of the slice of its answers")
    ] = 11
    steps: Annotated[
        int, Range(0, 2000, zero="recipe", help="20; FGSM 1, FMN 60, Square 300 queries")
    ] = 0
    size: Annotated[
        int, Range(0, 320, unit="px", zero="native", help="side of the square that is read")
    ] = 0
    seed: Annotated[int, Seed()] = 0
    control: Annotated[bool, Switch(help="random noise of the same size beside it")] = True


def length(settings: Settings, resources: Mapping[str, Any]) -> int:
    """Frames until the attack is over; what it does elsewhere is measured after that."""
    return _frames(settings)


def _frames(settings: Settings) -> int:
    """Of the attack: its steps, and the picture that it starts from."""
    return (settings.steps or STEPS.get(settings.attack, 20)) + 1


def meant(settings: Settings, resources: Mapping[str, Any]) -> Mapping[str, float]:
    """What "recipe" stands for."""
    return {"steps": _frames(settings) - 1}


def caption(settings: Settings, numbers: Mapping[str, Any], resources: Mapping[str, Any]) -> str:
    """What the numbers of a frame say, in a sentence."""
    labels = resources["network"].labels
    answer, label, first = (
        labels[int(numbers[name]) % len(labels)] for name in ("answer", "label", "first answer")
    )
    if first != label:
        return (
            f"Before any change the network calls this {first}, not {label}: "
            "it is wrong already, and nothing is left to fool."
        )
    target = labels[settings.target % len(labels)] if settings.aim == "a class" else ""
    if target == label:
        return f"The network calls this {label} before any change: choose another class."
    moved = numbers["largest move, levels"]
    far = f"no value moved by more than {moved:.0f} of 255 levels"
    if settings.attack == FREE:
        far = "the change has no limit"
    sure = numbers["its probability"]
    if answer == label:
        return f"Still {answer} ({sure:.2f}); {far}."
    if target and answer != target:
        return f"Called {answer} ({sure:.2f}), not yet {target} ({numbers[WANTED]:.2f}); {far}."
    before = "noise" if settings.picture == "noise" else label
    return f"Called {answer} ({sure:.2f}), was {before}; {far}."


Mine = dict[str, Tensor]  # what the attack remembers, and what was found out about its picture
Look = tuple[str, Answers] | range  # who answers, by name; or points of the slice


def run(
    network: Classifier,
    picture: Float[Tensor, "3 height width"] | None,
    live: Live[Settings],
    second: Classifier,
    third: Classifier,
    state: State | None = None,
) -> Iterator[Frame]:
    """A frame a step of the attack, then one a look at what it came to."""
    start = live.now
    base = None if picture is None else pictures.square(picture, start.size or network.size)[None]
    x = _begun(start, base, network)
    mine = {k: v.clone() for k, v in (state or {}).items() if isinstance(v, Tensor)}
    mine = mine or _initial_state(start, x, base, network)
    looks, last = _looks(start, network, (second, third)), _frames(start) - 1
    for step in range(int(state["step"]) if state else 0, last + 1 + len(looks)):
        now = live.now
        task = _task(now, x, mine["label"], _seen(now, network, step, x.shape[-1]))
        answers = behind(now.defence, _logits(network), f"{now.seed}/{step}")
        if step < last:
            mine |= _step(task, mine, now, step)
        else:
            if step == last:
                mine["result"] = _result(now.attack, task, mine)
            mine["x"] = _within(now.attack, task, mine["result"])
        if step >= last or now.views or now.defence != "none":
            mine["logits"] = _logits_of(answers, mine["x"])
        if step > last:
            mine |= _looked(looks[step - last - 1], mine, task, _logits(network), start)
        doing = "" if step <= last else _doing(looks, step - last - 1)
        yield _frame(step, mine, task, now, answers, doing)


def _logits(network: Classifier) -> Answers:
    layer = network.classifier()
    return lambda x: network.activations(x, layer)


@torch.no_grad()
def _logits_of(answers: Answers, x: Tensor) -> Tensor:
    return answers(x)


def _seen(now: Settings, network: Classifier, step: int, side: int) -> Answers:
    """The network as the attack has it: behind the defence if it knows of it, and through a view."""
    answers = _logits(network)
    known = behind(now.defence if now.adaptive else "none", answers, f"{now.seed}/{step}")
    if not now.views:
        return known
    view = views.through(
        "both", 1, views.generator(now.seed, step, "view"), turn=step, canvas=side, side=side,
        smallest=CROP, rotation=TURN, noise=NOISE,
    )  # fmt: skip
    return lambda x: known(torch.cat([view(one) for one in x.split(1)]))


def _begun(start: Settings, base: Tensor | None, network: Classifier) -> Tensor:
    """The picture as it is, of whole levels: the photograph, or grey noise."""
    if base is not None:
        return pictures.eight_bit(base)
    side = start.size or network.size
    drawn = torch.randn((1, 3, side, side), generator=views.generator(start.seed, "noise"))
    return pictures.eight_bit((0.5 + GREY * drawn).clamp(0, 1)).to(network.device)


def _initial_state(start: Settings, x: Tensor, base: Tensor | None, network: Classifier) -> Mine:
    """What is known before the first step: what the network calls the picture, and what it shows."""
    known = BALLS if start.attack == FREE else ATTACKS[start.attack].norms
    if start.norm not in known:
        raise SettingError(
            f"{start.attack} has no ball of {start.norm}: choose {' or '.join(known)}."
        )
    logits = _logits_of(_logits(network), x)
    first = logits.argmax(1)
    given = torch.full_like(first, start.label % logits.shape[1])
    label = given if start.shows == "a label" else first
    task = _task(start, x, label, _logits(network))
    unknown = x.new_full((start.landscape, start.landscape), torch.inf)
    mine = {"label": label, "called": first, **attacks.blank(task), "logits": logits}
    mine |= {"slice": unknown}
    if start.attack == FREE:
        return mine | _spectrum(start, x, base)
    return ATTACKS[start.attack].start(task, mine)


def is_bounded(attack: str) -> bool:
    """Whether it is given how far it may go."""
    return attack != FREE and not ATTACKS[attack].is_nearest


def _task(now: Settings, x: Tensor, label: Tensor, answers: Answers) -> Task:
    """What is asked at this step, as the sliders stand."""
    return Task(
        answers,
        x,
        label,
        attacks.radius(now.norm, now.epsilon if is_bounded(now.attack) else 255, x),
        targets=torch.full_like(label, now.target) if now.aim == "a class" else None,
        norm=now.norm,
        loss=now.loss,
        steps=_frames(now) - 1,
        step_size=now.step_size,
        seed=now.seed,
    )


def _step(task: Task, mine: Mine, now: Settings, step: int) -> Mine:
    """One step of the attack; a ball that shrank takes its change along."""
    if now.attack == FREE:
        return _climbed(task, mine, step)
    before = mine["change"]
    if is_bounded(now.attack):
        before = task.ball.projected(before, task.x, task.radius)
    return ATTACKS[now.attack].step(task, mine | {"change": before}, step)


def _spectrum(start: Settings, x: Tensor, base: Tensor | None) -> Mine:
    """What the free climb moves: the spectrum of noise, or of the photograph."""
    side = x.shape[-1]
    p = fourier.start(side, side, [views.generator(start.seed, "noise")]).to(x)
    if base is not None:
        p = fourier.encode(base, decay=DECAY).to(x)
    return {"p": p, **ascent.start(p)}


def _climbed(task: Task, mine: Mine, step: int) -> Mine:
    """One step of Adam up the logit, through 8 bits."""
    p, (height, width) = mine["p"].detach().requires_grad_(), task.x.shape[-2:]
    with torch.enable_grad():
        smooth = fourier.picture(p, height=height, width=width, decay=DECAY, contrast=CONTRAST)
        logits = task.network(ascent.straight_through(smooth))
        loss = LOSSES["logit"](logits, task.labels, task.targets)
        (slope,) = torch.autograd.grad(loss.sum(), p)
    moments = {name: mine[name] for name in ascent.MOMENTS}
    after, moments = ascent.adam(p.detach(), slope, moments, step=step, learning_rate=RATE)
    return {
        "x": pictures.eight_bit(smooth.detach()),
        "logits": logits.detach(),
        "p": after,
        **moments,
    }


def _result(attack: str, task: Task, mine: Mine) -> Tensor:
    """What the attack came to."""
    return mine["x"] if attack == FREE else attacks.result(ATTACKS[attack], task, mine)


def _within(attack: str, task: Task, result: Tensor) -> Tensor:
    """The result in the ball of now: the slider goes along the way back without a new attack."""
    if not is_bounded(attack):
        return result
    change = task.ball.projected(result - task.x, task.x, task.radius)
    return attacks.perturbed(task, change)


def _looks(
    start: Settings, network: Classifier, others: tuple[Classifier, Classifier]
) -> list[Look]:
    """What comes after the attack: other networks of the same classes, defences, the slice."""
    found: list[Look] = [
        (f"in the {place} network", partial(_elsewhere, network, one))
        for place, one in zip(("second", "third"), others, strict=True)
        if one.labels == network.labels
    ]
    found += [(f"after {name}", behind(name, _logits(network), "look")) for name in DEFENCES]
    count = start.landscape**2
    return found + [range(i, min(i + READS, count)) for i in range(0, count, READS)]


def _elsewhere(network: Classifier, other: Classifier, x: Tensor) -> Tensor:
    return _logits(other)(relatives.sized(x[0], network, other)[None])


def _looked(look: Look, mine: Mine, task: Task, answers: Answers, start: Settings) -> Mine:
    """One look at the picture, or a few points of the slice."""
    if not isinstance(look, range):
        name, other = look
        p = [
            comparison.wanted(_logits_of(other, x), task.labels, task.targets)[0]
            for x in (task.x, mine["x"])
        ]
        return {f"{name}, before": p[0], name: p[1]}
    asked, change = partial(_logits_of, answers), mine["result"] - task.x
    values = landscape.extended(mine["slice"], look, task, asked, change, start.seed)
    return {"slice": values}


def _doing(looks: list[Look], at: int) -> str:
    """What is being done, but at the end."""
    if at == len(looks) - 1:
        return ""
    look = looks[at]
    return "drawing the slice" if isinstance(look, range) else f"looking {look[0]}"


def _frame(step: int, mine: Mine, task: Task, now: Settings, answers: Answers, doing: str) -> Frame:
    """The picture, its difference, as much noise, and what the network makes of them."""
    kept, (x, y) = dict(mine), (task.x, mine["x"])
    numbers = _numbers(kept, task)
    panels: dict[str, Panel] = {
        "picture": y[0].clone(),
        "difference": comparison.magnified(x, y, now.magnified)[0],
    }
    if now.control:
        noisy = comparison.noise(x, y, now.norm, now.seed)
        panels["control"] = noisy[0]
        sure = comparison.wanted(_logits_of(answers, noisy), task.labels, task.targets)[0]
        numbers[f"control {WANTED}"] = sure
    if now.landscape:
        panels["slice"] = landscape.painted(kept["slice"])

    def state() -> State:
        return {"step": step + 1, **{name: value.clone() for name, value in kept.items()}}

    if doing:
        panels["doing"] = doing
    return Frame(step=step, panels=panels, numbers=numbers, state=state)


def _numbers(mine: Mine, task: Task) -> dict[str, Tensor]:
    """What the network makes of the 8-bit picture, and how far that is from what it was."""
    p = mine["logits"].softmax(1)
    found = {
        WANTED: comparison.wanted(mine["logits"], task.labels, task.targets)[0],
        "its probability": p.amax(1)[0],
        "probability of what it was": p.gather(1, task.labels[:, None])[0, 0],
        **{name: size[0] for name, size in comparison.sizes(task.x, mine["x"]).items()},
        "answer": p.argmax(1)[0].float(),
        "label": task.labels[0].float(),
        "first answer": mine["called"][0].float(),
    }
    if "queries" in mine:
        found["queries"] = mine["queries"][0]
    return found | {n: v for n, v in mine.items() if n.startswith(("in the ", "after "))}
