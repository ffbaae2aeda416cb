"""The lab takes the cores that are its own, and leaves one where it can."""

import ctypes
import math
import os
import subprocess
import sys

import pytest

from core import cpu


@pytest.fixture
def machine(monkeypatch):
    monkeypatch.delenv("LAB_THREADS", raising=False)

    def with_(cores, quota=math.inf):
        monkeypatch.setattr(cpu, "_affinity", lambda: cores)
        monkeypatch.setattr(cpu, "_quota", lambda: quota)

    return with_


@pytest.mark.parametrize(
    ("cores", "quota", "threads"),
    [(1, math.inf, 1), (2, math.inf, 1), (3, math.inf, 3), (4, math.inf, 3), (16, math.inf, 15),
     (64, 2.0, 1), (64, 3.9, 3), (64, 4.5, 3), (64, 0.5, 1), (2, 8.0, 1)],
)  # fmt: skip
def test_one_core_is_left_where_there_are_four(machine, cores, quota, threads):
    machine(cores, quota)
    assert cpu.threads() == threads


def test_lab_threads_decides(machine, monkeypatch):
    machine(64)
    monkeypatch.setenv("LAB_THREADS", "5")
    assert cpu.threads() == 5


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "9999"])
def test_a_number_that_is_none_is_answered_in_a_sentence(monkeypatch, value):
    monkeypatch.setenv("LAB_THREADS", value)
    with pytest.raises(cpu.ThreadsError, match=f"LAB_THREADS = '{value}'.*choose 1 to 1024"):
        cpu.threads()


@pytest.mark.parametrize(
    ("mine", "files", "cores"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 1.5),
        ("0::/\n", {"cpu.max": "max 100000\n"}, math.inf),
        ("0::/a/b\n", {"a/cpu.max": "200000 100000\n", "a/b/cpu.max": "max 100000\n"}, 2.0),
        ("4:cpu,cpuacct:/d\n", {"cpu,cpuacct/d/cpu.cfs_quota_us": "50000\n",
                                "cpu,cpuacct/d/cpu.cfs_period_us": "100000\n"}, 0.5),
        ("", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, math.inf),
        ("", {}, math.inf),
    ],
)  # fmt: skip
def test_the_containers_quota_is_the_least_on_the_way_up(monkeypatch, tmp_path, mine, files, cores):
    (tmp_path / "mine").write_text(mine)
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(cpu, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(cpu, "MINE", tmp_path / "mine")
    assert cpu._quota() == cores


def test_torch_computes_with_as_many_and_is_not_needed_to_say_so():
    code = (
        "import sys; from core import cpu; n = cpu.settle(); assert 'torch' not in sys.modules;"
        "import torch; assert torch.get_num_threads() == n == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"LAB_THREADS": "1", "PATH": ""})


def test_the_command_line_computes_with_as_many_though_it_imports_torch_first():
    code = (
        "import sys; from core import __main__ as command; import torch;"
        "torch.set_num_threads(2); command.main(['replay', 'none', '-o', 'none.png']);"
        "assert torch.get_num_threads() == 1, torch.get_num_threads()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"LAB_THREADS": "1", "PATH": ""})


def test_a_long_sum_is_the_same_on_any_number_of_threads():
    code = (
        "import core, torch; draw = torch.Generator().manual_seed(0);"
        "x, w = (torch.randn(n, 1152, generator=draw) for n in (49, 192));"
        "made = [(torch.set_num_threads(n), x @ w.T)[1] for n in (1, 2, 3)];"
        "assert all(torch.equal(made[0], one) for one in made)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("flags", "told"), [("fpu avx512_fp16", "AUTO,STRICT"), ("fpu", None)])
def test_sums_are_told_to_be_even_where_a_processor_splits_them(monkeypatch, tmp_path, flags, told):
    (tmp_path / "cpuinfo").write_text(f"flags : {flags}\n")
    monkeypatch.setattr(cpu, "CPUS", tmp_path / "cpuinfo")
    monkeypatch.setenv("MKL_CBWR", "")  # so that it is put back as it was
    monkeypatch.delenv("MKL_CBWR")
    cpu.sum_evenly()
    assert os.environ.get("MKL_CBWR") == told
    monkeypatch.setenv("MKL_CBWR", "AVX2")  # what the user says holds
    cpu.sum_evenly()
    assert os.environ["MKL_CBWR"] == "AVX2"


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="not glibc 2.33 or newer")
def test_what_a_tensor_was_made_of_stays_with_the_process():
    code = """
import ctypes, sys
from core import cpu
if "settled" in sys.argv: cpu.settle()
libc = ctypes.CDLL(None)
fields = ("arena", "ordblks", "smblks", "hblks", *"abcdef")
libc.mallinfo2.restype = type("I", (ctypes.Structure,), {"_fields_": [(f, ctypes.c_size_t) for f in fields]})
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
before = libc.mallinfo2().hblks
tensor = libc.malloc(16 << 20)
fresh = libc.mallinfo2().hblks - before
libc.free(tensor)
print(fresh, libc.mallinfo2().arena > 16 << 20)
"""

    def said(*arguments):
        call = [sys.executable, "-c", code, *arguments]
        return subprocess.run(call, check=True, capture_output=True, text=True).stdout.split()

    assert said() == ["1", "False"]
    assert said("settled") == ["0", "True"]
