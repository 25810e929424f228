"""Disks that are full, files that are damaged, and system calls that fail or are the last."""

import os
import re
import shutil
import signal
import subprocess

from study import finished_jobs
from suite import Skip

COMMITS = ["openat", "write", "fsync", "close", "rename", "unlink", "mkdir", "ftruncate"]
ERRORS = {
    "openat": "EACCES", "write": "ENOSPC", "fsync": "EIO", "close": "EIO", "rename": "EIO",
    "unlink": "EACCES", "mkdir": "EROFS", "ftruncate": "EIO",
}


# MARK: Full disks


def small_disks(scale, dice, study):
    """A tmpfs that fills while the study runs; made larger, the study goes on."""
    if os.geteuid() != 0:
        raise Skip("mounting a small tmpfs needs root")
    needed = sum(p.stat().st_size // 4096 + 1 for p in study.finished.rglob("*")) * 4096
    for share in scale([0.5], [0.1, 0.3, 0.5, 0.7, 0.9], [i / 10 for i in range(1, 10)]):
        disk = study.folder()
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={int(share * needed)}", "none", str(disk)]
        subprocess.run(mount, check=True)
        try:
            ended = study.run(disk / "study", ranks=2)
            loss = None
            if ended.code not in (73, 74) or "No space left" not in ended.errors:
                loss = f"{share:.0%}: ended with {ended.code}: {ended.errors[-300:]}"
            elif str(disk) not in ended.errors:
                loss = f"the error does not name the path: {ended.errors[-300:]}"
            subprocess.run(["mount", "-o", "remount,size=256m", str(disk)], check=True)
            yield loss or study.loss(disk / "study")
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)
        study.forget(disk)


def lost_output(scale, dice, study):
    """Standard output that nobody reads or that is full: the files are the result."""
    for kind in scale(["full"], ["full", "pipe", "mpirun pipe"], ["full", "pipe", "mpirun pipe"]):
        folder = study.folder()
        ranks = 2 if kind == "mpirun pipe" else None
        if kind == "full":
            with open("/dev/full", "wb") as full:
                ended = study.run(folder, ranks=ranks, stdout=full)
        else:
            read_end, write_end = os.pipe()
            os.close(read_end)
            ended = study.run(folder, ranks=ranks, stdout=write_end)
            os.close(write_end)
        finished = (folder / "report" / "summary.json").exists()
        loss = "ended with 0 and no report" if ended.code == 0 and not finished else None
        yield loss or study.loss(folder)
        study.forget(folder)


# MARK: Damaged files


def damage(path, dice):
    """Changes a file: bits, a cut, a hole, nothing left, or bytes added."""
    content = bytearray(path.read_bytes())
    kind = dice.choice(["bits", "bits", "bits", "cut", "zeros", "empty", "more"])
    place = dice.randrange(len(content)) if content else 0
    if kind == "bits" and content:
        for _ in range(dice.choice([1, 1, 2, 8])):
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    elif kind == "cut":
        del content[place:]
    elif kind == "zeros":
        end = min(len(content), place + dice.choice([1, 16, 4096]))
        content[place:end] = bytes(end - place)
    elif kind == "empty":
        content.clear()
    else:
        content += dice.randbytes(dice.choice([1, 100]))
    path.write_bytes(content)


def half_done(study, dice):
    """A folder of which a part is finished, and a job has two checkpoints."""
    folder = study.folder()
    run = study.start(folder, ranks=None)
    run.wait_for(
        lambda: finished_jobs(folder) and list(folder.glob("jobs/*/checkpoint-b")), limit=60
    )
    run.signal(run.pid, signal.SIGKILL)
    run.end()
    return folder


def damaged_jobs(scale, dice, study):
    """A damaged file in every job's folder at once: found, and trained again or gone on from the
    other checkpoint. Each file counts."""
    tried, count = 0, scale(8, 400, 9000)
    state = half_done(study, dice)
    while tried < count:
        folder = study.folder()
        shutil.copytree(state, folder)
        jobs = [job for job in sorted(folder.glob("jobs/*")) if any(job.iterdir())]
        for job in jobs:
            damage(dice.choice(sorted(p for p in job.iterdir() if p.is_file())), dice)
        ended = study.run(folder, ranks=None)
        loss = f"ended with {ended.code}: {ended.errors[-300:]}" if ended.code else None
        loss = loss or study.difference(folder)
        for _ in jobs:
            tried += 1
            yield loss
        if not loss:
            study.forget(folder)


def damaged_folder(scale, dice, study):
    """A damaged file of the study itself: refused by name, or of no weight; put back, all is well."""
    names = ["study.json", "splits_final.json", "run.json", "lock", "status.json"]
    state = half_done(study, dice)
    (state / "status.json").touch()
    for index in range(scale(2, 100, 1000)):
        folder = study.folder()
        shutil.copytree(state, folder)
        path = folder / names[index % len(names)]
        good = path.read_bytes()
        damage(path, dice)
        ended = study.run(folder, ranks=None, environment={"LUNGFOLD_LIMITS": "0.005"})
        loss = None
        if ended.code == 0:
            # The splits' file may have changed in its white space alone, which is no damage.
            path.write_bytes((study.finished / path.name).read_bytes()) if (
                path.name in ("splits_final.json", "study.json")
            ) else None
            loss = study.difference(folder)
        elif ended.code in (65, 66, 73) and ended.errors.count("lungfold: ") == 1:
            path.write_bytes(good)
            if index % 10 == 0:
                loss = study.loss(folder, ranks=1)
        else:
            loss = f"{path.name}: ended with {ended.code}: {ended.errors[-300:]}"
        yield loss
        if not loss:
            study.forget(folder)


# MARK: System calls


def commits(study, scale):
    """The system calls by which the trainer's thread writes the folder: (name, which of its kind)."""
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    folder = study.folder()
    trace = f"{folder}.trace"
    ended = study.run(
        folder, ranks=None,
        prefix=["strace", "-f", "--seccomp-bpf", "-o", trace, "-e", f"trace={','.join(COMMITS)}"],
    )
    if ended.code != 0:
        raise Skip(f"strace does not work here: {ended.errors[-200:]}")
    with open(trace, errors="replace") as file:
        lines = [match.groups() for match in re.finditer(r"(?m)^(\d+) +(\w+)\((.*)$", file.read())]
    main = lines[0][0]
    counts, found, others, ours = {}, [], [], {}
    for thread, call, rest in lines:
        if thread != main:
            continue
        counts[call] = counts.get(call, 0) + 1
        descriptor = rest.split(",")[0].split(")")[0]
        is_ours = str(folder) in rest or (call != "openat" and descriptor in ours)
        is_job = "/jobs/" in rest or ours.get(descriptor, False)
        if call == "openat" and is_ours:
            ours[rest.rsplit("=", 1)[-1].strip()] = "/jobs/" in rest
        if call == "close":
            ours.pop(descriptor, None)
        if is_ours:
            (found if is_job else others).append((call, counts[call]))
    study.forget(folder)
    os.unlink(trace)
    # Every call of checkpoints and results; of the study's own files and the report, some.
    return found[:: scale(8, 1, 1)] + others[:: scale(40, 10, 1)]


def injected(study, call, what):
    """Runs the study with something done to one system call."""
    folder = study.folder()
    prefix = ["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", f"trace={call}"]
    ended = study.run(folder, ranks=None, prefix=[*prefix, "-e", f"inject={call}:{what}"])
    return folder, ended


def killed_calls(scale, dice, study):
    """kill -9 at every system call that writes the folder."""
    for call, which in commits(study, scale):
        folder, _ = injected(study, call, f"signal=KILL:when={which}")
        yield study.loss(folder, ranks=1)
        study.forget(folder)


def failing_calls(scale, dice, study):
    """An error of every system call that writes the folder: once, and from there on."""
    # Not of mkdir, whose place among MPI's own calls of it varies.
    for call, which in commits(study, scale):
        if call == "mkdir":
            continue
        for lasting in scale([""], [""], ["", "+"]):
            folder, ended = injected(study, call, f"error={ERRORS[call]}:when={which}{lasting}")
            loss = None
            if ended.code not in (0, 65, 66, 73, 74):
                loss = f"{call} {which}{lasting}: {ended.code}: {ended.errors[-300:]}"
            elif ended.code != 0 and str(folder) not in ended.errors:
                loss = f"{call} {which}{lasting}: the path is not named: {ended.errors[-300:]}"
            yield loss or study.loss(folder, ranks=1)
            study.forget(folder)
