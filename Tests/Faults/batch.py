"""scripts/slurm.sbatch outside Slurm, and mpirun that hangs at its own end."""

import os
import pathlib
import shutil
import signal
import subprocess

from study import Run
from suite import Skip

SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "slurm.sbatch"

# Has mpirun answer a rank that connects so late that the rank is dead by then.
LATE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ssize_t send(int socket, const void *bytes, size_t count, int flags) {
    static ssize_t (*next)(int, const void *, size_t, int);
    if (!next) next = dlsym(RTLD_NEXT, "send");
    if (!strcmp(program_invocation_short_name, "mpirun")) usleep(500000);
    return next(socket, bytes, count, flags);
}
"""

# The last rank dies as it waits for that answer: its first recvfrom.
DYING = """#!/bin/sh
unset LD_PRELOAD
[ $((OMPI_COMM_WORLD_RANK + 1)) = "$OMPI_COMM_WORLD_SIZE" ] || exec {program} "$@"
exec strace -f -o /dev/null -e trace=recvfrom -e inject=recvfrom:signal=KILL:when=1 {program} "$@"
"""


def batch(scale, dice, study):
    """A signal ahead of the time limit: the script ends with 75 and queues itself again. And a launcher
    that hangs though its ranks are gone: the script ends it, and the study goes on."""
    for _ in range(scale(0, 1, 5)):
        folder = study.folder()
        study.undisturbed()
        run = start(study, folder, study.program)
        run.wait_for(lambda: "starts on rank" in run.text())
        run.wait_for(lambda: False, dice.uniform(0, study.seconds / 4))
        run.signal(run.pid, signal.SIGUSR1)
        ended = run.end(60)
        queued = (scontrol(study) / "queued").exists()
        loss = None
        if (ended.code, queued) != (75, True):
            loss = f"ended with {ended.code}, queued again: {queued}: {ended.errors[-300:]}"
        yield loss or study.loss(folder)
        study.forget(folder)
    for _ in range(scale(0, 1, 2)):
        yield hanging(study)


def hanging(study):
    """mpirun hangs, as Open MPI 4.1.4 does when a rank dies between connecting and the answer."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if not compiler or not shutil.which("strace"):
        raise Skip("a hanging mpirun needs a C compiler and strace")
    source, library = study.scratch / "late.c", study.scratch / "late.so"
    source.write_text(LATE)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    dying = study.scratch / "dying"
    dying.write_text(DYING.format(program=study.program))
    dying.chmod(0o755)
    folder = study.folder()
    ended = start(study, folder, dying, {"LD_PRELOAD": str(library)}).end(180)
    loss = None
    if ended.code != 137:
        loss = f"ended with {ended.code}: {ended.errors[-300:]}"
    elif "mpirun hangs" not in ended.errors:
        if "PMIX ERROR: UNREACHABLE" not in ended.errors:
            raise Skip("mpirun did not hang here when it was made to")
        loss = f"a hanging mpirun is not named: {ended.errors[-300:]}"
    loss = loss or study.loss(folder)
    study.forget(folder)
    return loss


def scontrol(study):
    """A folder with a program of that name, which leaves `queued` there."""
    folder = study.scratch / "slurm"
    folder.mkdir(exist_ok=True)
    (folder / "scontrol").write_text('#!/bin/sh\n[ "$*" = "requeue 7" ] && touch "${0%/*}/queued"\n')
    (folder / "scontrol").chmod(0o755)
    return folder


def start(study, folder, program, environment=None):
    """Starts the script as Slurm does, as far as it can tell."""
    tools = scontrol(study)
    (tools / "queued").unlink(missing_ok=True)
    return Run(
        ["bash", str(SCRIPT), *study.arguments(folder, ["--threads", "1"])[2:]], f"{folder}.log",
        {"LUNGFOLD": str(program), "SLURM_JOB_ID": "7", "PATH": f"{tools}:{os.environ['PATH']}",
         **(environment or {})})
