"""Installs everything into .venv from requirements.lock; does nothing when that is already done.

Runs on whatever Python starts it, looks for a fitting one if it does not fit itself, and uses the
standard library only. `make install` calls it.
"""

import hashlib
import os
import shutil
import subprocess
import sys

FITTING = ((3, 11), (3, 12), (3, 13))
ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "installed")


def refuse(line):
    """Say in one line what is wrong and what to do, and exit with 2."""
    sys.stderr.write("butter: " + line + "\n")
    raise SystemExit(2)


def fitting_python():
    """A Python that fits: this one, or the newest fitting one on the path that really runs."""
    if sys.version_info[:2] in FITTING:
        return sys.executable
    for major, minor in reversed(FITTING):
        found = shutil.which("python%d.%d" % (major, minor))
        if found and subprocess.call([found, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return found
    return refuse(
        "Python 3.11, 3.12 or 3.13 is needed, this is %d.%d and no other is on the path; "
        "install one, or name it: make install PYTHON=/path/to/python3.12" % sys.version_info[:2]
    )


def wanted():
    """What the stamp of a finished installation says: the lock, the project and its place."""
    digest = hashlib.sha256(ROOT.encode())
    for name in ("requirements.lock", "pyproject.toml"):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def done():
    """Whether the installation is there and current."""
    try:
        with open(STAMP) as file:
            return file.read() == wanted()
    except OSError:
        return False


def run(what, command):
    """Run one step; its own words tell what failed, ours what to do."""
    if subprocess.call(command, cwd=ROOT) != 0:
        refuse("%s failed, see above; mend it and run the same command again, it continues" % what)


def install():
    """Make .venv and fill it; the stamp is written last, so an interrupted installation is taken up again."""
    python = os.path.join(VENV, "bin", "python")
    if not os.path.exists(python) or subprocess.call([python, "-c", "import pip"], stderr=subprocess.DEVNULL) != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        run("making .venv (on Debian it needs the package python3-venv)", [fitting_python(), "-m", "venv", VENV])
    if os.path.exists(STAMP):
        os.remove(STAMP)
    sys.stderr.write("installing into .venv: two minutes, once\n")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    # The lock is complete: resolving anew could only find what is not in it.
    pip.append("--no-deps")
    run("installing the locked packages", [*pip, "--require-hashes", "-r", "requirements.lock"])
    run("installing butter_pipeline", [*pip, "--no-build-isolation", "--editable", "."])
    with open(STAMP, "w") as file:
        file.write(wanted())


if __name__ == "__main__":
    try:
        if not done():
            install()
    except KeyboardInterrupt:
        sys.stderr.write("\nbutter: stopped; run the same command again, it continues\n")
        raise SystemExit(130) from None
