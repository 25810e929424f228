"""The scripts' own PyTorch: a virtual environment in .build-torch, made on first use (about 5 GB)."""
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".build-torch"
PACKAGES = ["torch", "numpy", "safetensors"]


def ensure():
    """Restarts the running script inside the environment, which it makes if it is not there."""
    if Path(sys.prefix).resolve() == ENVIRONMENT.resolve():
        return
    python = ENVIRONMENT / "bin" / "python"
    complete = ENVIRONMENT / "complete"
    if not complete.exists():
        print(f"installing {', '.join(PACKAGES)} into {ENVIRONMENT.name}", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True, stdout=sys.stderr)
        complete.touch()
    os.execv(python, [str(python), *sys.argv])
