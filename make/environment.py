"""Makes the virtual environment that the Makefile runs in; the standard library only.

    python make/environment.py .venv requirements.txt

Says the download size first, is quick when there is nothing to do, and ends
with a sentence when it cannot go on.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)
FETCHED = {"vgg16-edges": "VGG16 fine-tuned for edges (55 MB)"}
TORCH_CPU = "https://download.pytorch.org/whl/cpu"  # PyTorch's own public index of CPU wheels
PATIENCE = 3  # seconds that it may take to answer
SIZE = {
    "cpu": "about 0.5 GB",
    "default": "about 3 GB on Linux (CUDA comes with it), 0.5 GB on macOS",
}


def stamp(requirements: Path) -> str:
    """What the environment was made from: this Python and every requirement file."""
    digest = hashlib.sha256(sys.version.encode())
    for path in [*_files(requirements), *rivals(requirements)]:
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
    """Which PyTorch to take: `cpu` from PyTorch's own index, or the `default` one."""
    linux = sys.platform.startswith("linux")
    return "cpu" if linux and not has_nvidia() and answers(TORCH_CPU) else "default"


def python(folder: Path) -> Path:
    """The environment's interpreter."""
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return folder / inside


def _run(command: list[str], sorry: str) -> None:
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(f"\n{sorry}")


def make(folder: Path, requirements: Path) -> None:
    """Create or complete the environment in `folder`; nothing to do is quick."""
    mark = folder / f".made-from-{requirements.stem}"
    wanted = stamp(requirements)
    if mark.exists() and mark.read_text() == wanted and python(folder).exists():
        return
    new = not (folder / ".made-from-requirements").exists()
    if not python(folder).exists():
        _run(
            [sys.executable, "-m", "venv", str(folder)],
            f"The environment {folder} could not be made. On Debian and Ubuntu: "
            "apt install python3-venv. Then run the same command again.",
        )
    pip = [str(python(folder)), "-m", "pip", "install", "--disable-pip-version-check", "-q"]
    retry = (
        "The packages could not be installed: see the lines above. Set-up needs the network "
        "once, and room on the disk. Run the same command again: it goes on where it stopped."
    )
    if new and not _has_torch(folder):
        kind = wheels()
        if kind == "cpu":
            torch = [line for line in requirements_of(requirements) if line.startswith("torch")]
            _run([*pip, "--index-url", TORCH_CPU, *torch], retry)
    _run([*pip, "-r", str(requirements)], retry)
    for alone in rivals(requirements):
        _run([*pip, "--no-deps", "-r", str(alone)], retry)
    fetch(folder)
    mark.write_text(wanted)


def fetch(folder: Path) -> None:
    """Bring what no requirement carries; without it the lab goes on, and says so where it is missed."""
    for name, what in FETCHED.items():
        sys.stdout.write(f"Fetching {what}, once.\n")
        command = [str(python(folder)), "-m", "core", "fetch", name]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            sys.stdout.write(f"The lab goes on without {name}: choose it on a page to try again.\n")


def requirements_of(path: Path) -> list[str]:
    """Every requirement line of a file and of the files that it names."""
    return [
        line.strip()
        for file in _files(path)
        for line in file.read_text().splitlines()
        if line.strip() and not line.startswith(("#", "-r"))
    ]


def _has_torch(folder: Path) -> bool:
    return any(folder.glob("lib/python*/site-packages/torch/version.py"))


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        sys.exit(
            f"Ascent needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is "
            f"{sys.version.split()[0]}. Install it, or name it: make lab PYTHON=/path/to/python3.12"
        )
    make(Path(sys.argv[1]), Path(sys.argv[2]))
