"""Disks that are full, files that are damaged, and system calls that fail or are the last."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

from study import environment_with, finished_jobs, progress, stat_fields, two_at_a_time
from suite import Skip

COMMITS = ["openat", "write", "fsync", "close", "rename", "unlink", "mkdir", "ftruncate"]
ERRORS = {
    "openat": "EACCES", "write": "ENOSPC|EDQUOT", "fsync": "EIO", "close": "EIO", "rename": "EIO",
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
        # A pipe that nobody reads may end mpirun itself; nothing may hang.
        if ended.code == -1 or (kind == "full" and ended.code >= 128):
            loss = f"{kind}: ended with {ended.code}"
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


def half_done(study, epochs=0):
    """A folder of which a part is finished, and a job has two checkpoints and so many epochs."""
    folder = study.folder()
    run = study.start(folder, ranks=None)
    found = run.wait_for(
        lambda: finished_jobs(folder) and list(folder.glob("jobs/*/checkpoint-b"))
        and max(progress(folder).values(), default=0) >= epochs
    )
    run.signal(run.pid, signal.SIGKILL)
    ended = run.end()
    if not found or ended.code != 137:
        raise RuntimeError(f"no half of a study: {ended.code} {ended.errors[-300:]}")
    return folder


def snapshots(study, dice):
    """A folder in which each job is either finished or stands where a run once had it, with two
    checkpoints at least."""
    running, state = study.folder(), study.folder()
    shutil.copytree(study.finished, state, ignore=shutil.ignore_patterns("report"))
    run = study.start(running, ranks=None)
    seen = set()
    while run.process.poll() is None:
        for job in sorted(running.glob("jobs/*")):
            if job.name in seen or not (job / "checkpoint-b").exists():
                continue
            seen.add(job.name)
            if dice.random() < 0.4:
                continue
            # What a stopped process has there is what a killed one would have.
            run.signal(run.pid, signal.SIGSTOP)
            while stat_fields(run.pid)[1] == "R":
                time.sleep(0.001)
            shutil.rmtree(state / "jobs" / job.name)
            shutil.copytree(job, state / "jobs" / job.name)
            run.signal(run.pid, signal.SIGCONT)
        time.sleep(0.001)
    run.end()
    study.forget(running)
    return state


def damaged_jobs(scale, dice, study):
    """A damaged file in every job's folder at once: found, and trained again or gone on from the
    other checkpoint. Each file counts."""
    tried, count = 0, scale(40, 400, 9000)
    state = snapshots(study, dice)
    while tried < count:
        folder = study.folder()
        shutil.copytree(state, folder)
        jobs = [job for job in sorted(folder.glob("jobs/*")) if any(job.iterdir())][: count - tried]
        for job in jobs:
            damage(dice.choice(sorted(p for p in job.iterdir() if p.is_file())), dice)
        ended = study.run(folder, ranks=2, limit=300)
        loss = f"ended with {ended.code}: {ended.errors[-300:]}" if ended.code else None
        differing = [] if loss else study.differing(folder)
        for job in jobs:
            tried += 1
            # What differs outside of all jobs may be any job's damage.
            own = [name for name in differing if name.startswith(f"jobs/{job.name}/")]
            own += [name for name in differing if not name.startswith("jobs/")]
            yield loss or (f"{own[0]} differs from the undisturbed run's" if own else None)
        if not loss and not differing:
            study.forget(folder)
    study.forget(state)


def damaged_folder(scale, dice, study):
    """A damaged file of the study itself: refused by name, or of no weight; put back, all is well."""
    names = ["study.json", "splits_final.json", "run.json", "lock", "status.json"]
    state = half_done(study)
    (state / "status.json").touch()
    names += sorted(str(path.relative_to(state)) for path in state.glob("slices/*"))
    before = finished_jobs(state)

    def trial(index, dice):
        folder = study.folder()
        shutil.copytree(state, folder)
        path = folder / names[index % len(names)]
        good = path.read_bytes()
        damage(path, dice)
        # A report is written in a copy, lest it has a share in what the run finds, and takes long.
        looks = study.folder()
        shutil.copytree(folder, looks)
        loss = looked_at(study, looks, reports=index % 6 == 0)
        study.forget(looks)
        ended = study.run(folder, ranks=None, environment={"LUNGFOLD_LIMITS": "0.005"})
        if ended.code == 0:
            # The splits' file may have changed in its white space alone, a volume in what stands
            # beside its gzip data, which is no damage.
            whole = study.finished / path.relative_to(folder)
            if path.name in ("splits_final.json", "study.json") or path.parent.name == "slices":
                path.write_bytes(whole.read_bytes())
            if path.name in ended.errors and path.parent.name == "slices":
                # Left out of the report, which says so; the same command then has it again.
                loss = loss or study.loss(folder, ranks=1, before=before)
            loss = loss or study.difference(folder, before)
        elif ended.code in (65, 66, 73) and ended.errors.count("lungfold: ") == 1:
            path.write_bytes(good)
            if index % 10 == 0:
                loss = loss or study.loss(folder, ranks=1, before=before)
        else:
            loss = f"{path.name}: ended with {ended.code}: {ended.errors[-300:]}"
        if not loss:
            study.forget(folder)
        return loss

    count = scale(2, 100, 1000)
    yield from two_at_a_time(trial, [(i, random.Random(dice.random())) for i in range(count)])
    study.forget(state)


def looked_at(study, folder, reports=True):
    """What only looks at a folder, damaged or not: each command ends soon, in order and with one
    message at most."""
    for words in (["status"], ["status", "--json", "-"], ["report"])[: 3 if reports else 2]:
        command = [study.program, words[0], folder, *words[1:]]
        try:
            ended = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=60, check=False,
                env=environment_with(None))
        except subprocess.TimeoutExpired:
            return f"{' '.join(words)} hangs"
        messages = ended.stderr.count("lungfold: ")
        if ended.returncode not in (0, 3, 65, 66, 73, 74) or (ended.returncode > 3 and messages != 1):
            return f"{' '.join(words)} ended with {ended.returncode}: {ended.stderr[-300:]}"
        if "--json" in words and ended.returncode == 0:
            try:
                json.loads(ended.stdout)
            except ValueError:
                return f"{' '.join(words)} wrote no JSON: {ended.stdout[-300:]}"
    return None


def damaged_looks(scale, dice, study):
    """Files of a finished folder that are damaged, several at once: a look at it, and its report,
    end in order."""
    for _ in range(scale(1, 20, 300)):
        folder = study.folder()
        shutil.copytree(study.finished, folder)
        files = sorted(p for p in folder.rglob("*") if p.is_file() and "report" not in p.parts)
        for path in dice.sample(files, dice.choice([1, 1, 3, len(files)])):
            damage(path, dice)
        loss = looked_at(study, folder)
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
    commit, last = 0, {}
    for thread, call, rest in lines:
        if thread != main:
            continue
        counts[call] = counts.get(call, 0) + 1
        if call == "openat" and "O_RDONLY" in rest and "O_DIRECTORY" not in rest:
            continue  # reading commits nothing
        descriptor = rest.split(",")[0].split(")")[0]
        is_ours = str(folder) in rest or (call != "openat" and descriptor in ours)
        is_job = "/jobs/" in rest or ours.get(descriptor, False)
        if call == "openat" and is_ours:
            ours[rest.rsplit("=", 1)[-1].strip()] = "/jobs/" in rest
            if "O_CREAT" in rest:
                # A file of the same kind: with other numbers, or of the other checkpoint.
                commit += 1
                last[re.sub(r"-[ab]\b|\d+", "", rest.split('"')[1])] = commit
        if call == "close":
            ours.pop(descriptor, None)
        if is_ours:
            (found if is_job else others).append((commit, call, counts[call]))
    study.forget(folder)
    os.unlink(trace)
    if not found:
        raise RuntimeError("the trace has no call that writes a job's folder")
    # Every call of one checkpoint and of the result; at night of all of them. Of the study's own files
    # and the report, some.
    commits_of = set(last.values())
    found = [c for c in found if scale(True, True, False) <= (c[0] in commits_of)]
    return [c[1:] for c in found[:: scale(40, 1, 1)] + others[:: scale(60, 12, 6)]]


def injected(study, call, what):
    """Runs the study with something done to a system call. strace counts in every thread for itself:
    also gives whether it was done to another than the trainer's, such as one of MPI's."""
    folder = study.folder()
    trace = f"{folder}.trace"
    prefix = ["strace", "-f", "--seccomp-bpf", "-o", trace, "-e", f"trace=openat,{call}"]
    ended = study.run(folder, ranks=None, prefix=[*prefix, "-e", f"inject={call}:{what}"])
    with open(trace, errors="replace") as file:
        lines = file.read().splitlines()
    os.unlink(trace)
    main = lines[0].split()[0]
    return folder, ended, any("(INJECTED)" in line and line.split()[0] != main for line in lines)


def killed_calls(scale, dice, study):
    """kill -9 at every system call that writes the folder."""

    def trial(call, which):
        folder, _, _ = injected(study, call, f"signal=KILL:when={which}")
        loss = study.loss(folder, ranks=1)
        study.forget(folder)
        return loss

    yield from two_at_a_time(trial, commits(study, scale))


def failing_calls(scale, dice, study):
    """An error of every system call that writes the folder: once, and from there on."""

    def trial(call, which, error, lasting):
        folder, ended, is_elsewhere = injected(study, call, f"error={error}:when={which}{lasting}")
        loss = None
        if is_elsewhere:
            # MPI then cannot open its parts or wake its own threads, and ends or hangs as it likes:
            # what counts is that nothing is lost.
            pass
        elif ended.code not in (0, 65, 66, 73, 74):
            loss = f"{call} {which}, {error}: {ended.code}: {ended.errors[-300:]}"
        elif ended.code != 0 and str(folder) not in ended.errors:
            loss = f"{call} {which}{lasting}: the path is not named: {ended.errors[-300:]}"
        loss = loss or study.loss(folder, ranks=1)
        study.forget(folder)
        return loss

    trials = []
    for call, which in commits(study, scale):
        # Not of mkdir, whose place among MPI's own calls of it varies.
        if call == "mkdir":
            continue
        # A lasting error of write would cut MPI's own pipes too, without which it cannot end; what
        # small disks do is that error where it belongs.
        errors = ERRORS[call].split("|")
        for lasting in [""] if call == "write" or which % 2 else scale([""], [""], ["", "+"]):
            trials += [(call, which, error, lasting) for error in scale(errors[:1], errors, errors)]
    yield from two_at_a_time(trial, trials)


# Errors of what reads a folder, as network file systems and machines out of memory or of files have
# them; nothing is damaged.
READS = {
    "openat": ["ESTALE", "EMFILE", "EIO", "ENOMEM"], "read": ["EIO", "ESTALE"],
    "access": ["ESTALE", "EIO"],
}
# What a job's state hangs on.
STATE = {
    "manifest.json", "result.json", "weights.safetensors", "checkpoint-a", "checkpoint-b", "study.json",
    "run.json",
}


def failing_reads(scale, dice, study):
    """An error, passing or lasting, of a call that reads a file of a half-done folder: the run may
    end, but discards no result and no checkpoint."""
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    if not scale(0, 1, 1):
        return
    state = half_done(study, epochs=8)
    files = [p.relative_to(state) for p in sorted(state.rglob("*")) if "logs" not in p.parts]
    when = ["1", "2", "3", "1+"]
    trials = [
        (file, call, dice.choice(errors), which)
        for file in files for call, errors in READS.items()
        for which in scale([], when[:1] + [dice.choice(when[1:])], when)
        if scale(False, file.name in STATE, True)
    ]

    def trial(file, call, error, which):
        folder = study.folder()
        shutil.copytree(state, folder)
        before, trace = finished_jobs(folder), f"{folder}.log.trace"
        # Of this file alone, in whatever thread.
        ended = study.run(folder, ranks=None, prefix=[
            "strace", "-f", "--seccomp-bpf", "-o", trace, "-P", str(folder / file),
            "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={which}"])
        with open(trace, errors="replace") as lines:
            happened = "(INJECTED)" in lines.read()
        what, loss = f"{call} of {file}: {error}, {which}", None
        if ended.code not in (0, 66, 73, 74):
            loss = f"{what}: ended with {ended.code}: {ended.errors[-300:]}"
        elif ended.code and str(folder) not in ended.errors:
            loss = f"{what}: the path is not named: {ended.errors[-300:]}"
        elif happened and (loss := study.loss(folder, ranks=1, before=before, epochs=2)):
            loss = f"{what} ({ended.code}): {loss}"
        study.forget(folder)
        return happened, loss

    # A call that this file does not see so often is no trial.
    chosen = dice.sample(trials, min(len(trials), scale(0, 36, 100)))
    yield from (loss for happened, loss in two_at_a_time(trial, chosen) if happened or loss)
    study.forget(state)


# What stands between the program and the C library: each write and read takes at most some bytes, and
# every second one is interrupted before it begins.
SHORT = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

static size_t most(int file, size_t count) {
    static size_t limit;
    struct stat status;
    if (!limit) limit = strtoul(getenv("LUNGFOLD_SHORT"), 0, 10);
    /* Not gnuplot, and files alone: MPI does not expect it of its sockets. */
    if (strcmp(program_invocation_short_name, "lungfold")) return count;
    return fstat(file, &status) || !S_ISREG(status.st_mode) || count < limit ? count : limit;
}
static int interrupted(int file, size_t count) {
    static __thread unsigned calls;
    return most(file, count) < count && calls++ % 2 ? (errno = EINTR, 1) : 0;
}
ssize_t write(int file, const void *bytes, size_t count) {
    static ssize_t (*next)(int, const void *, size_t);
    if (!next) next = dlsym(RTLD_NEXT, "write");
    return interrupted(file, count) ? -1 : next(file, bytes, most(file, count));
}
ssize_t read(int file, void *bytes, size_t count) {
    static ssize_t (*next)(int, void *, size_t);
    if (!next) next = dlsym(RTLD_NEXT, "read");
    return interrupted(file, count) ? -1 : next(file, bytes, most(file, count));
}
"""


def short_calls(scale, dice, study):
    """Every write and read short, and every second one interrupted: without effect."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if not compiler:
        raise Skip("no C compiler")
    source, library = study.scratch / "short.c", study.scratch / "short.so"
    source.write_text(SHORT)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    for limit in scale(["1000"], ["37", "1000"], ["1", "37", "1000", "4095"]):
        folder = study.folder()
        given = {"LD_PRELOAD": str(library), "LUNGFOLD_SHORT": limit}
        ended = study.run(folder, ranks=None, environment=given)
        loss = f"{limit} bytes: ended with {ended.code}: {ended.errors[-300:]}" if ended.code else None
        yield loss or study.difference(folder)
        study.forget(folder)


def read_only(scale, dice, study):
    """A file system that becomes read-only, as ext4 does after an error of its disk."""
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        raise Skip("needs root and mkfs.ext4")
    for _ in range(scale(0, 1, 5)):
        disk, image = study.folder(), study.folder()
        disk.mkdir()
        with open(image, "wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
        mount = ["mount", "-o", "loop,errors=remount-ro", str(image), str(disk)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            raise Skip("no loop device can be mounted here")
        try:
            source = subprocess.run(
                ["findmnt", "-n", "-o", "SOURCE", str(disk)], capture_output=True, text=True,
                check=True).stdout.strip()
            # By another name, beside which the logs lie.
            (disk / "study").mkdir()
            name = study.folder()
            name.symlink_to(disk / "study")
            run = study.start(name, ranks=None)
            run.wait_for(lambda: list(disk.glob("study/jobs/*/checkpoint-b")))
            trigger = f"/sys/fs/ext4/{os.path.basename(source)}/trigger_fs_error"
            try:
                with open(trigger, "w", encoding="ascii") as file:
                    file.write("test")
            except OSError as error:
                run.end()
                raise Skip(f"{trigger}: {error.strerror}") from error
            ended = run.end()
            loss = None
            if ended.code not in (73, 74) or "Read-only file system" not in ended.errors:
                loss = f"ended with {ended.code}: {ended.errors[-300:]}"
            elif str(name) not in ended.errors:
                loss = f"the error does not name the path: {ended.errors[-300:]}"
            # What is there can still be read, and goes on elsewhere.
            folder = study.folder()
            shutil.copytree(disk / "study", folder)
            yield loss or study.loss(folder)
            study.forget(folder)
            name.unlink()
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=False, capture_output=True)
        study.forget(disk)
        image.unlink()
