"""A convolution as the dense layer it is: every wire can be touched."""

from functools import partial
from html import escape
from typing import Any

import streamlit as st

from apps.course import grids, parts
from apps.course.lesson import Correction, Door, Guess, Lesson, Preset, Values
from apps.course.settings import Choice, Held, Stops, Whole, change
from core.figures import cells, lines
from core.lessons import convolution as the
from core.lessons.convolution import NOTES, Convolution, Input, Kernel, ShapeError
from core.lessons.proof import Proof

SETTINGS = {
    "view": Choice("forward", ("forward", "backward"), "Which way"),
    "n": Whole(4, 3, 8, "Input, pixels a side"),
    "k": Whole(3, 1, 4, "Kernel, weights a side"),
    "s": Whole(1, 1, 3, "Stride"),
    "d": Whole(1, 1, 2, "Dilation"),
    "p": Whole(0, 0, 1, "Border of zeros"),
    "by": Choice("sum", ("sum", "mean"), "A tied weight takes the"),
    "rate": Stops(0.03, (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), "Learning rate"),
    "w": Held(),
    "at": Held(),
}
SHAPE = ("view", "n", "k", "s", "d", "p")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
CURVE = 30  # steps that are looked ahead
TERMS = 4  # products that are written out


def asks(now: Values) -> tuple[str, ...]:
    """Learning has its own controls."""
    return (*SHAPE, "by", "rate") if now["view"] == "backward" else SHAPE


def show(now: Values) -> list[Proof]:
    """The figure, what is said of it, and its proofs."""
    try:
        c = Convolution(now["n"], now["k"], now["s"], now["d"], now["p"])
    except ShapeError as error:
        st.html(f'<p class="notice" role="alert">{escape(str(error))}</p>')
        return []
    w, x = the.kernel(now["w"], c.kernel), the.bright_spot(c.size)
    delta = the.slope(c, w, x)
    proofs = the.proofs(c, w, x, delta)
    if now["view"] == "forward":
        _react(grids.draw(_forward(c, w, x, now["at"]), key="wires"), w)
        return [proofs[name] for name in ("forward", "flip")]
    _react(grids.draw(_backward(c, w, x, now), key="wires"), w)
    _learning(c, w, x, now)
    return [proofs[name] for name in ("weights", "mean", "input")]


def _react(done: grids.Done, w: Kernel) -> None:
    """Keep in the address what was clicked and what was written."""
    if done.edited is not None:
        _, cell, value = done.edited
        change("w", SETTINGS["w"], the.rewritten(w, cell, value))
    if done.picked is not None:
        change("at", SETTINGS["at"], done.picked)
    if done.edited is not None or done.picked is not None:
        st.rerun()


def _low(*numbers: int) -> str:
    return "".join(f"{number}" for number in numbers).translate(SUBSCRIPTS)


def _times(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _wires(c: Convolution) -> dict[str, list[int]]:
    """Which cell of which grid each product meets; the strips repeat input and output."""
    met = c.links
    return {
        "x": met["pixel"],
        "w": met["weight"],
        "y": met["output"],
        "A": met["entry"],
        "xv": met["column"],
        "yv": met["output"],
    }


def _names(c: Convolution) -> dict[str, list[str]]:
    """What the cells are called: weights by row and column, pixels and outputs in reading order."""
    column = [f"x{_low(at)}" for at in range(c.size**2)]
    inside = iter(column)
    border = set(c.border)
    pixel = ["border" if at in border else next(inside) for at in range(c.framed**2)]
    weight = [f"w{_low(*divmod(at, c.kernel))}" for at in range(c.kernel**2)]
    output = [f"y{_low(at)}" for at in range(c.positions)]
    entry = ["no wire"] * (c.positions * c.size**2)
    for at, of in zip(c.links["entry"], c.links["weight"], strict=True):
        if at >= 0:
            entry[at] = weight[of]
    return {"x": pixel, "w": weight, "y": output, "A": entry, "xv": column, "yv": output}


def _matrix(c: Convolution, w: Kernel) -> list[float | None]:
    """A with nothing where no wire is: a weight of 0 is still a wire."""
    A = the.matrix(c, w).flatten().tolist()
    wired = {at for at in c.links["entry"] if at >= 0}
    return [value if at in wired else None for at, value in enumerate(A)]


def _looks(c: Convolution, first: str, then: str) -> list[grids.Look]:
    """First over all cells of one grid, then over all of another."""
    counts = {"y": c.positions, "w": c.kernel**2, "xv": c.size**2}
    return [grids.Look(grid, at) for grid in (first, then) for at in range(counts[grid])]


def _entries(c: Convolution, w: Kernel, above: str, beside: str, template: str) -> grids.Grid:
    told = c != NOTES or st.session_state.get("g") is not None  # it is the answer to the guess
    title = f"A, {c.positions} × {c.size**2}" + (f": {c.share_cut:.0%} cut" if told else "")
    return grids.Grid(
        title,
        c.positions,
        c.size**2,
        _matrix(c, w),
        _names(c)["A"],
        template=template,
        empty="is here: this output does not look at this pixel.",
        prints="name",
        above=above,
        beside=beside,
    )


def _forward(c: Convolution, w: Kernel, x: Input, picked: str) -> grids.Figure:
    names, y = _names(c), the.forward(c, w, x)
    cut = [c.size**2 - count for count in c.meetings("output")]
    rows = [
        f"is row {at} of A times vec(x): {_times(count, 'wire')}, {cut[at]} cut."
        for at, count in enumerate(c.meetings("output"))
    ]
    tied = [
        f"stands in {_times(count, 'place')} of A: one weight, tied."
        for count in c.meetings("weight")
    ]
    columns = [
        f"is column {at} of A: it reaches {_times(count, 'output')}."
        for at, count in enumerate(c.meetings("column"))
    ]
    inside = iter(columns)
    border = set(c.border)
    pixels = [
        "is a zero around the picture: no column of A." if at in border else next(inside)
        for at in range(c.framed**2)
    ]
    values = {"x": the.framed(c, x), "w": w, "y": y}
    flat = {name: one.flatten().tolist() for name, one in values.items()}
    m, o, column = c.framed, c.out, x.flatten().tolist()
    found = {
        "x": grids.Grid("input x", m, m, flat["x"], names["x"], pixels, ghosts=c.border),
        "w": grids.Grid(
            "kernel w, editable", c.kernel, c.kernel, flat["w"], names["w"], tied, editable=True
        ),
        "y": grids.Grid("output y", o, o, flat["y"], names["y"], rows),
        "xv": grids.Grid("vec(x)", 1, c.size**2, column, names["xv"], columns),
        "yv": grids.Grid("= y", c.positions, 1, flat["y"], names["y"], rows),
        "A": _entries(c, w, "xv", "yv", "carries {xv} to {yv}."),
    }
    return grids.Figure(
        "A convolution and its matrix",
        found,
        [["x", "∗", "w", "=", "y"], ["A"]],
        _wires(c),
        _looks(c, "y", "w"),
        {"x": ["y", "yv"]},
        picked,
    )


def _backward(c: Convolution, w: Kernel, x: Input, now: Values) -> grids.Figure:
    names, delta = _names(c), the.slope(c, w, x)
    gradient = the.tied_gradient(the.shares(c, x, delta), now["by"])
    back = the.input_gradient(c, w, delta)
    slopes = [
        f"of the loss comes back along row {at} of A to {_times(count, 'pixel')}."
        for at, count in enumerate(c.meetings("output"))
    ]
    tied = [
        f"is told something in {_times(count, 'place')} of A: the {now['by']} of that."
        for count in c.meetings("weight")
    ]
    columns = [
        f"is column {at} of A times δ: {_times(count, 'product')}."
        for at, count in enumerate(c.meetings("column"))
    ]
    values = {"x": the.framed(c, x), "y": delta, "w": gradient, "z": back}
    flat = {name: one.flatten().tolist() for name, one in values.items()}
    outputs = [f"δ{_low(at)}" for at in range(c.positions)]
    weights = [f"∂L/∂{name}" for name in names["w"]]
    pixels = [f"∂L/∂{name}" for name in names["xv"]]
    m, o, n = c.framed, c.out, c.size
    was = [f"has the value {value:.1f} here." for value in flat["x"]]
    found = {
        "x": grids.Grid("input x", m, m, flat["x"], names["x"], was, ghosts=c.border),
        "y": grids.Grid("δ = ∂L/∂y", o, o, flat["y"], outputs, slopes),
        "w": grids.Grid(f"∂L/∂w: the {now['by']}", c.kernel, c.kernel, flat["w"], weights, tied),
        "z": grids.Grid("∂L/∂x = Aᵀδ", n, n, flat["z"], pixels, columns),
        "xv": grids.Grid("vec(∂L/∂x)", 1, n**2, flat["z"], pixels, columns),
        "yv": grids.Grid("δ", c.positions, 1, flat["y"], outputs, slopes),
        "A": _entries(c, w, "xv", "yv", "takes {yv} back to {xv}."),
    }
    return grids.Figure(
        "The same wires, walked back",
        found,
        [["x", "·", "y", "→", "w", "z"], ["A"]],
        {**_wires(c), "z": c.links["column"]},
        _looks(c, "w", "xv"),
        {"x": ["y", "yv"]},
        now["at"],
    )


def _learning(c: Convolution, w: Kernel, x: Input, now: Values) -> None:
    """What one weight is told, written out, and where the step leads."""
    by, rate = now["by"], now["rate"]
    ahead = {way: the.losses(c, w, x, by=way, rate=rate, steps=CURVE) for way in ("sum", "mean")}
    before, after = ahead[by][:2]
    learned = the.kernel_text(the.descended(c, w, x, by=by, rate=rate))
    st.html(_sum(c, w, x, now["at"]))
    left, right = st.columns([1, 2], gap="medium", vertical_alignment="center")
    take = partial(change, "w", SETTINGS["w"], learned)
    left.button("Take the step", on_click=take, type="primary", key="learn")
    warned = "" if after <= before else ": too long a step, it grows"
    left.html(f'<p class="loss">loss {before:.3g} → <b>{after:.3g}</b>{warned}</p>')
    with right:
        label = f"Loss over {CURVE} steps at rate {rate:g}"
        parts.drawing(lines.svg(ahead["sum"], ahead["mean"], label), "ahead")
        st.html(
            f'<p class="ahead">The next {CURVE} steps at rate {rate:g}: <b class="live">sum</b>, '
            '<b class="control">mean</b>, while the kernel learns to copy the input.</p>'
        )


def _sum(c: Convolution, w: Kernel, x: Input, at: str) -> str:
    """What the held weight is told in each of its places, added up."""
    grid, _, said = at.partition(":")
    cell = int(said) if grid == "w" and said in map(str, range(c.kernel**2)) else 0
    row, column = divmod(cell, c.kernel)
    shares = the.shares(c, x, the.slope(c, w, x))
    terms = " + ".join(_brackets(share[row, column]) for share in shares[:TERMS])
    more = f" + … {c.positions - TERMS} more" if c.positions > TERMS else ""
    whole, mean = (the.tied_gradient(shares, by)[row, column] for by in ("sum", "mean"))
    return (
        f'<p class="sum"><b>∂L/∂{_names(c)["w"][cell]}</b> = {terms}{more} = '
        f"<b>{_number(whole)}</b>, the sum of what {_times(c.positions, 'place')} ask of it. The "
        f"mean is {_number(mean)}: the same way, {_times(c.positions, 'time')} shorter.</p>"
    )


def _number(value: Any) -> str:
    return f"{value:.2f}".replace("-", "−")


def _brackets(value: Any) -> str:
    return f"({_number(value)})" if value < 0 else _number(value)


def _share(size: int) -> float:
    return 1 - Convolution(size).share_cut


def _answer() -> tuple[str, str]:
    rows, columns, left = NOTES.positions, NOTES.size**2, len(NOTES.wires)
    why = (
        f"Each of the {rows} rows keeps {NOTES.kernel**2} of {columns} wires: {left} of "
        f"{rows * columns} are left. It is the size that empties it: of an 8 × 8 picture's matrix "
        f"{_share(8):.0%} is left, of a 224 × 224 one {_share(224):.3%}."
    )
    return f"{NOTES.share_cut:.0%}", why


def corrections() -> tuple[Correction, ...]:
    """C1 and C2 of the course's list."""
    p, columns, left = NOTES.positions, NOTES.size**2, len(NOTES.wires)
    return (
        Correction(
            "“Updates relative to a same kernel weight must be shared (e.g. taking a mean among all "
            "updates).”",
            f"They are shared, and backpropagation shares them by a sum: ∂L/∂w = Σ δ·patch. The mean "
            f"points the same way and is {p} times shorter here, so it is the same step at {p} times "
            "the learning rate. Switch to backward and take both.",
        ),
        Correction(
            "“Each column will correspond to a different application of the kernel.”",
            f"So it is in the {columns} × {p} table as it is printed, before the ᵀ. The A that "
            f"multiplies vec(x) is {p} × {columns}: there each row is an application.",
        ),
        Correction(
            "“Sparse matrix (we have a lot of 0s).”",
            f"Yes, more and more with the size. Here {left} of {p * columns} are not zero "
            f"({_share(4):.0%}); at 8 × 8 {_share(8):.0%}, at 224 × 224 {_share(224):.3%}.",
        ),
        Correction(
            "“Convolution”",
            "Layers slide the kernel as it is: mathematicians call that a cross-correlation. With the "
            "kernel flipped both ways it is their convolution; forward, the second badge proves it.",
        ),
    )


def picture() -> str:
    """The matrix of the notes, one row lit."""
    A = the.matrix(NOTES, the.untaught(NOTES.kernel))
    return cells.svg(A, "A matrix of four rows: most wires cut, the rest tied", lit=1)


LESSON = Lesson(
    question="Is a convolution just a dense layer with most wires cut and the rest tied?",
    said="The kernel slides over the picture; each place it stops at is a row of one matrix.",
    lecture=9,
    place=1,
    settings=SETTINGS,
    asks=asks,
    show=show,
    guess=Guess(
        "What share of a 4 × 4 picture's matrix is zero?", ("11%", "25%", "44%", "89%"), _answer
    ),
    myth=Correction(
        "Tied weights get averaged gradients.",
        "They get the sum. Every place where the weight stands has its own say, and all of them "
        "are added up; an average is a choice of the learning rate.",
    ),
    corrections=corrections,
    presets=(
        Preset("The notes' matrix", {}),
        Preset("Stride erases rows", {"n": 7, "s": 2}),
        Preset("Bigger image, emptier matrix", {"n": 8}),
    ),
    steps=(
        Preset("The kernel slides: each output is one row", {}),
        Preset("Hold w₁₁: how many places learn from it?", {"at": "w:4"}),
        Preset("Backward: add up what they ask", {"view": "backward", "at": "w:4"}),
        Preset(
            "A mean instead: the same way, shorter", {"view": "backward", "by": "mean", "at": "w:4"}
        ),
        Preset("A bigger picture: the matrix empties", {"n": 8}),
    ),
    control="n",
    doors=(
        Door(
            "What do the first kernels of a trained network want to see?",
            "features",
            {"layer": "stem", "unit": 0, "count": 9, "vary": "units"},
        ),
    ),
    picture=picture,
)
