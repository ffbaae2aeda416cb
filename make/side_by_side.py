"""Runs commands at the same time and prints what each says, whole, as it ends.

    python make/side_by_side.py "first command" "second command"

The exit code is the largest of theirs. Half of the tests wait for a browser, the
other half compute on one core: together they take two thirds of the time.
"""

import shlex
import subprocess
import sys
import tempfile
import time


def main(commands: list[str]) -> int:
    """Run them all; the first one's words are shown as they come."""
    going = []
    for i, command in enumerate(commands):
        said = tempfile.TemporaryFile() if i else None  # noqa: SIM115  open while it runs
        process = subprocess.Popen(shlex.split(command), stdout=said, stderr=subprocess.STDOUT)
        going.append((process, said))
    codes = []
    try:
        while going:
            for process, said in [one for one in going if one[0].poll() is not None]:
                going.remove((process, said))
                codes.append(process.returncode)
                if said:
                    said.seek(0)
                    sys.stdout.write(said.read().decode(errors="replace"))
                    sys.stdout.flush()
            time.sleep(0.2)
    except KeyboardInterrupt:
        for process, _ in going:
            process.wait()
        return 130
    return max(codes, key=abs)


if __name__ == "__main__":
    sys.exit(abs(main(sys.argv[1:])))
