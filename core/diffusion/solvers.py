"""Every solver that diffusers has for such a chain, over one list of times that is our own.

A scheduler of diffusers makes a list of times, and its step may go elsewhere than to the next
of them: with `linspace` DDIM lists 1000, 980, ..., 1 and steps from each of them T / steps down.
So it gets no list to make: the schedule that it is told has only the times that are visited, N
of them, and N steps walk through it one by one. Leading, trailing and linspace are then the same.

What differs between schedulers stays in here: those that work in the scale x / sqrt(alpha_bar)
(sigma = sqrt((1 - alpha_bar) / alpha_bar), Karras et al. 2022, https://arxiv.org/abs/2206.00364) get and give
back the scale that all else here has; Heun's and the other midway steps are steps of their own,
because each asks the denoiser once; the random generator goes where a step takes one. The
denoiser is told alpha_bar and no time: a time between two whole ones would be rounded.

Not here: schedulers of other processes (flows, EDM, tokens), those for distilled networks
(LCM, TCD), IPNDM, which has a schedule of its own, and DPMSolverSDE, which needs torchsde: DPM++
2M SDE solves the same equation without. diffusers is imported where one of its solvers is first
asked for.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from inspect import signature
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.diffusion import sampling
from core.diffusion.sampling import Denoiser, Guess, X

NEARLY = 1e-4  # sigma that stands for none: at 0 itself there is a log of it
FAINTEST = 4e-5  # alpha_bar where the linear schedule ends
AlphaBars = Float[Tensor, " visited"]
MISSING = (
    "diffusers is not installed, and {solver} is one of its solvers: run `pip install diffusers` "
    "(28 MB on the disk, and 9 MB of what it needs), or choose DDIM or DDPM, which the lab has itself."
)


class SolverError(LookupError):
    """A solver that is not there; the message says which are, or what to install."""


@dataclass(frozen=True)
class Step(Guess):
    """One evaluation: what was seen in x_t, where it went, and how many were made so far.

    x_t, x_next: in the scale sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) epsilon, with the alpha_bar
    of each. A step half-way and back, as of Heun, is two of these.
    """

    x_t: Tensor
    alpha_bar: Tensor
    x_next: Tensor
    alpha_bar_next: Tensor
    evaluations: int


@dataclass(frozen=True)
class Solver:
    """How a solver is called, its scheduler in diffusers ("" for our own) and what it is told.

    random: whether it draws noise on the way, so that the start does not decide the end. each,
    beside: N steps cost `each` N + `beside` evaluations. predicts: in which of its forms the guess
    is handed over: a line through several guesses is another line in another form.
    """

    title: str
    scheduler: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    random: bool = False
    each: int = 1
    beside: int = 0
    predicts: str = "v_prediction"

    def evaluations(self, steps: int) -> int:
        """Of the denoiser, in so many steps."""
        return self.each * steps + self.beside

    def steps(self, evaluations: int) -> int:
        """The most steps that cost no more evaluations than these."""
        return (evaluations - self.beside) // self.each


def _everywhere(_: Any) -> float:
    """Noise at every time of SA-Solver: its own default speaks of the times 200 to 800 of 1000."""
    return 1.0


# Heun's and DPM2's last step has no second half: 2 N - 1
_DPM = "DPMSolverMultistepScheduler"
SOLVERS: Mapping[str, Solver] = {
    "ddim": Solver("DDIM"),
    "ddpm": Solver("DDPM", random=True),
    "euler": Solver("Euler", "EulerDiscreteScheduler"),
    "euler ancestral": Solver("Euler ancestral", "EulerAncestralDiscreteScheduler", random=True),
    "heun": Solver("Heun", "HeunDiscreteScheduler", each=2, beside=-1),
    "dpm2": Solver("DPM2", "KDPM2DiscreteScheduler", each=2, beside=-1),
    "dpm2 ancestral": Solver(
        "DPM2 ancestral", "KDPM2AncestralDiscreteScheduler", random=True, each=2, beside=-1
    ),
    "dpm++ 2m": Solver("DPM++ 2M", _DPM),
    "dpm++ 2m karras": Solver("DPM++ 2M Karras", _DPM, {"use_karras_sigmas": True}),
    "dpm++ 2m sde": Solver(
        "DPM++ 2M SDE", _DPM, {"algorithm_type": "sde-dpmsolver++"}, random=True
    ),
    "dpm++ 3m": Solver("DPM++ 3M", _DPM, {"solver_order": 3}),
    "dpm++ 2s": Solver("DPM++ 2S", "DPMSolverSinglestepScheduler"),
    "deis": Solver("DEIS", "DEISMultistepScheduler"),
    "unipc": Solver("UniPC", "UniPCMultistepScheduler"),
    "sa": Solver("SA-Solver", "SASolverScheduler", {"tau_func": _everywhere}, random=True),
    "lms": Solver("LMS", "LMSDiscreteScheduler"),
    "pndm": Solver(
        "PNDM", "PNDMScheduler", {"skip_prk_steps": True}, beside=1, predicts="epsilon"
    ),
}  # fmt: skip
OURS = {"ddim": "predicted", "ddpm": "posterior"}  # of sampling.NOISE


def run(
    name: str, denoiser: Denoiser, x_t: X, alpha_bars: AlphaBars, noise: torch.Generator
) -> Iterator[Step]:
    """A step for each evaluation of the denoiser, from x_t to the clean end.

    alpha_bars: the times that are visited, as `schedules.visited` gives them, 1 last. Raises
    SolverError with a sentence where the solver is unknown or diffusers is not there.
    """
    if name not in SOLVERS:
        raise SolverError(f"There is no solver {name!r}: choose {', '.join(SOLVERS)}.")
    if name in OURS:
        return _own(denoiser, x_t, alpha_bars, noise, sampling.NOISE[OURS[name]])
    seen = begun(alpha_bars)
    return _driven(scheduler(name, seen), SOLVERS[name], denoiser, x_t, seen, noise)


def begun(alpha_bars: AlphaBars) -> AlphaBars:
    """The same list, its first time where a little of the picture is left.

    The cosine schedule ends at sigma = 20 000, and the next of ten times has 6: a slope half-way
    (Heun) or a line through two slopes (PNDM) then errs by hundreds. diffusers advises the same
    for DPM-Solver (`lambda_min_clipped`).
    """
    if alpha_bars[0] >= FAINTEST or alpha_bars[1] <= FAINTEST:
        return alpha_bars
    return torch.cat((torch.full_like(alpha_bars[:1], FAINTEST), alpha_bars[1:]))


def _own(
    denoiser: Denoiser,
    x_t: X,
    alpha_bars: AlphaBars,
    noise: torch.Generator,
    sigma: sampling.Sigma,
) -> Iterator[Step]:
    """The lab's own sampler."""
    chain = sampling.chain(denoiser, x_t, alpha_bars, noise, sigma=sigma)
    for done, (one, (at, after)) in enumerate(zip(chain, pairwise(alpha_bars), strict=True), 1):
        yield Step(one.x_0, one.epsilon, x_t, at, one.x_next, after, done)
        x_t = one.x_next


def scheduler(name: str, alpha_bars: AlphaBars) -> Any:
    """A new scheduler of diffusers, for one run, whose schedule is the times that are visited."""
    solver = SOLVERS[name]
    steps = len(alpha_bars) - 1
    table = alpha_bars[:-1].flip(0).double()  # by time, from the least noise; not the clean end
    betas = 1 - table / torch.cat((table.new_ones(1), table[:-1]))
    kind = getattr(diffusers(solver.title), solver.scheduler)
    known = signature(kind.__init__).parameters
    usual = {
        "timestep_spacing": "trailing", "clip_sample": False, "set_alpha_to_one": True,
        "lower_order_final": True,
    }  # fmt: skip
    made = kind(
        num_train_timesteps=steps,
        trained_betas=betas.tolist(),
        prediction_type=solver.predicts,
        **{word: value for word, value in usual.items() if word in known},
        **solver.options,
    )
    made.alphas_cumprod = table  # its own are a product in float32: of 1e-6 a tenth may be lost
    if "timestep_spacing" in known:
        made.set_timesteps(steps)
    else:  # DPM++ 2S knows linspace alone
        made.set_timesteps(timesteps=list(reversed(range(steps))))
    for word in ("sigmas", "sigmas_interpol"):
        if word in vars(made):
            setattr(made, word, getattr(made, word).double())
    if "sigmas" in vars(made) and made.sigmas[-1] > NEARLY:  # DEIS and SA-Solver stop in some noise
        made.sigmas[-1] = NEARLY
    if "set_begin_index" in dir(
        made
    ):  # or it looks its place up by the time, which may stand twice
        made.set_begin_index(0)
    return made


def diffusers(solver: str) -> Any:
    """The library, if it is installed; raises SolverError with what to do."""
    try:
        return importlib.import_module("diffusers")
    except ImportError:
        raise SolverError(MISSING.format(solver=solver)) from None


def _driven(
    made: Any,
    solver: Solver,
    denoiser: Denoiser,
    x_t: X,
    alpha_bars: AlphaBars,
    noise: torch.Generator,
) -> Iterator[Step]:
    """The steps of a scheduler; `x` is x_t in its scale."""
    scaled = float(made.init_noise_sigma) != 1
    takes = signature(made.step).parameters
    drawn = {"generator": noise} if "generator" in takes else {}
    at = _alpha_bar(made, 0, alpha_bars, scaled=scaled)
    x = x_t / at.sqrt() if scaled else x_t
    for done, t in enumerate(made.timesteps, 1):
        guess = denoiser(x_t, at)
        x = made.step(_said(guess, at, solver.predicts), t, x, return_dict=False, **drawn)[0]
        after = _alpha_bar(made, done, alpha_bars, scaled=scaled)
        x_next = x * after.sqrt() if scaled else x
        yield Step(guess.x_0, guess.epsilon, x_t, at, x_next, after, done)
        x_t, at = x_next, after


def _said(guess: Guess, alpha_bar: Tensor, predicts: str) -> X:
    """The guess in the form that the scheduler expects of a network."""
    if predicts == "epsilon":
        return guess.epsilon
    return sampling.v_from(guess.x_0, guess.epsilon, alpha_bar)


def _alpha_bar(made: Any, done: int, alpha_bars: AlphaBars, *, scaled: bool) -> Tensor:
    """Where x is after so many evaluations."""
    if done == len(made.timesteps):
        return alpha_bars[-1]
    t = made.timesteps[done]
    if scaled:  # only the scheduler knows whether it is half-way
        return made.scale_model_input(torch.ones(1, dtype=torch.float64), t)[0].square()
    if "sigmas" in vars(made):
        return 1 / (1 + made.sigmas[done].square())
    return alpha_bars[-2 - int(t)]
