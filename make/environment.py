"""Makes the virtual environment that the Makefile runs in; the standard library only.

    python make/environment.py .venv requirements.txt
    python make/environment.py .venv-oldest requirements-dev.txt requirements-oldest.txt

Says the download size first and what it is at while it works, is quick and silent when there
is nothing to do, and ends with a sentence when it cannot go on.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import progress

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)
FETCHED = {
    "vgg16-edges": ("VGG16 fine-tuned for edges", 55e6),
    "faces": ("a public GAN of faces", 13e6),
}
TORCH_CPU = "https://download.pytorch.org/whl/cpu"  # PyTorch's own public index of CPU wheels
PATIENCE = 3  # seconds that it may take to answer
TORCH = {  # bytes of torch, torchvision and what they need alone
    "cpu": ("PyTorch without CUDA", 0.2e9),
    "cuda": ("PyTorch with CUDA", 3.0e9),
    "mac": ("PyTorch", 0.13e9),
}
RUNTIME = ("what the lab runs on", 0.345e9)
DEVELOPMENT = ("what the tests need", 0.145e9)
RETRY = (
    "The packages could not be installed: see the lines above. Set-up needs the network "
    "once, and room on the disk. Run the same command again: it goes on where it stopped."
)
STOPPED = "Set-up was stopped. Run the same command again: what is installed is kept."

Parts = list[tuple[str, float]]
"""What is downloaded, in words, and how many bytes about."""


def stamp(requirements: Path, pins: Path | None = None) -> str:
    """What the environment was made from: this Python and every requirement file."""
    digest = hashlib.sha256(sys.version.encode())
    for path in [*_files(requirements), *rivals(requirements), *([pins] if pins else [])]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def rivals(requirements: Path) -> list[Path]:
    """What development installs without its dependencies, which are older than the rest."""
    beside = requirements.with_name("requirements-rivals.txt")
    return [beside] if requirements.stem.endswith("-dev") and beside.exists() else []


def _files(requirements: Path) -> list[Path]:
    found = [requirements]
    for line in requirements.read_text().splitlines():
        if line.startswith("-r "):
            found += _files(requirements.parent / line[3:].strip())
    return found


def has_nvidia() -> bool:
    """Whether an NVIDIA driver is installed."""
    return shutil.which("nvidia-smi") is not None or Path("/proc/driver/nvidia").exists()


def answers(url: str) -> bool:
    """Whether the address answers within PATIENCE seconds."""
    try:
        with urllib.request.urlopen(f"{url}/torch/", timeout=PATIENCE) as reply:
            return reply.status == 200
    except (urllib.error.URLError, OSError):
        return False


def wheels() -> str:
    """Which PyTorch to take: `cpu` from PyTorch's own index, else the default one of the system."""
    if not sys.platform.startswith("linux"):
        return "mac"
    return "cpu" if not has_nvidia() and answers(TORCH_CPU) else "cuda"


def parts(folder: Path, requirements: Path, kind: str) -> Parts:
    """What pip brings, of what is not here yet."""
    found = [] if _has_torch(folder) else [TORCH[kind]]
    if _is_new(folder):
        found.append(RUNTIME)
    if requirements.stem.endswith("-dev") and not _mark(folder, requirements).exists():
        found.append(DEVELOPMENT)
    return found


def total(wanted: Parts) -> float:
    """Their bytes together."""
    return sum(size for _, size in wanted)


def first_words(folder: Path, wanted: Parts) -> str:
    """What is said before anything is downloaded."""
    if not wanted:
        return f"Set-up of {folder}: what changed in the requirements is downloaded."
    each = ", ".join(f"{what} {progress.size(size)}" for what, size in wanted)
    return f"Set-up of {folder}, once: about {progress.size(total(wanted))} to download ({each})."


def python(folder: Path) -> Path:
    """The environment's interpreter."""
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return folder / inside


def _mark(folder: Path, requirements: Path) -> Path:
    return folder / f".made-from-{requirements.stem}"


def _is_new(folder: Path) -> bool:
    return not any(folder.glob(".made-from-*"))


def _has_torch(folder: Path) -> bool:
    return any(folder.glob("lib/python*/site-packages/torch/version.py"))


def make(folder: Path, requirements: Path, pins: Path | None = None) -> None:
    """Create or complete the environment in `folder`; nothing to do is quick and silent.

    pins: a file of exact versions, in place of the newest ones that the requirements allow.
    """
    mark, made_from = _mark(folder, requirements), stamp(requirements, pins)
    if mark.exists() and mark.read_text() == made_from and python(folder).exists():
        return
    kind = wheels()
    wanted, new = parts(folder, requirements, kind), _is_new(folder)
    _say(first_words(folder, [*wanted, *(FETCHED.values() if new else ())]))
    _create(folder)
    _forget_halves(folder)
    calls = _calls(folder, requirements, kind, pins)
    _install(folder, calls, total(wanted))
    fetch(folder)
    for file in _files(requirements):
        _mark(folder, file).write_text(stamp(file, pins))


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _create(folder: Path) -> None:
    """Make the environment, where it is not there or was cut short before it had pip."""
    if python(folder).exists():
        asked = [str(python(folder)), "-m", "pip", "--version"]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return
    clear = ["--clear"] if (folder / "pyvenv.cfg").exists() else []  # nothing of other kinds
    command = [sys.executable, "-m", "venv", *clear, str(folder)]
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(
            f"\nThe environment {folder} could not be made. On Debian and Ubuntu: "
            "apt install python3-venv. Then run the same command again."
        )


def _forget_halves(folder: Path) -> None:
    """Drop the note of a package that was cut short, which pip takes for installed by it."""
    for note in folder.glob("lib/python*/site-packages/*.dist-info"):
        if not (note / "INSTALLER").exists():
            shutil.rmtree(note)


def _calls(folder: Path, requirements: Path, kind: str, pins: Path | None) -> list[list[str]]:
    """What pip is asked for in turn: PyTorch first where its own index has a smaller one."""
    pinned = ["-c", str(pins)] if pins else []
    calls = [[*pinned, "-r", str(requirements)]]
    if kind == "cpu" and not _has_torch(folder):
        torch = [line for line in requirements_of(requirements) if line.startswith("torch")]
        calls.insert(0, ["--index-url", TORCH_CPU, *pinned, *torch])
    return calls + [["--no-deps", "-r", str(alone)] for alone in rivals(requirements)]


def _install(folder: Path, calls: list[list[str]], of: float) -> None:
    """Call pip in turn; of: about how many bytes come in all."""
    pip = [
        str(python(folder)), "-m", "pip", "install",
        "--disable-pip-version-check", "--no-input", "--progress-bar", "off",
    ]  # fmt: skip
    came = 0
    for call in calls:
        code, came = progress.run([*pip, *call], folder, of, came)
        if code != 0:
            sys.exit(f"\n{RETRY}")


def fetch(folder: Path) -> None:
    """Bring what no requirement carries; without it the lab goes on, and says so where it is missed."""
    for name, (what, size) in FETCHED.items():
        _say(f"Fetching {what} ({progress.size(size)}), if it is not here yet.")
        command = [str(python(folder.absolute())), "-m", "core", "fetch", name]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            _say(f"The lab goes on without {name}: choose it on a page to try again.")


def requirements_of(path: Path) -> list[str]:
    """Every requirement line of a file and of the files that it names."""
    return [
        line.strip()
        for file in _files(path)
        for line in file.read_text().splitlines()
        if line.strip() and not line.startswith(("#", "-r"))
    ]


def main(*paths: Path) -> None:
    """Make the environment, and end with a sentence where that cannot be."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"Ascent needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is "
            f"{sys.version.split()[0]}. Install it, or name it: make lab PYTHON=/path/to/python3.12"
        )
    try:
        make(*paths)
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{STOPPED}\n")
        sys.exit(130)  # as a shell says it of a command that Ctrl-C ended


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
