"""Environments in which launchers and MPI lie, and input files that are not what they should be."""

import gzip
import os
import re
import shutil
import struct
import subprocess
import threading

from study import Run, environment_with, two_at_a_time
from suite import Skip


def environments(scale, dice, study):
    """F13 of the plan: refused with a reason, or without effect."""
    traps = [
        ({"PMI_SIZE": "4", "PMI_RANK": "0"}, None, 64),
        ({"SLURM_STEP_NUM_TASKS": "4", "SLURM_STEPID": "0", "SLURM_JOB_ID": "9"}, None, 64),
        ({"OMP_NUM_THREADS": "many"}, None, 0),
        ({"OMP_NUM_THREADS": "-3", "SLURM_CPUS_PER_TASK": "0"}, None, 0),
        ({"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"}, 2, 0),
        ({"HOME": "/nowhere", "COLUMNS": "0"}, 2, 0),
        ({"LUNGFOLD_LIMITS": "nonsense"}, None, 0),
        ({"OPENBLAS_NUM_THREADS": "7"}, None, 0),
    ]
    for environment, ranks, code in traps[: scale(3, 99, 99)]:
        folder = study.folder()
        ended = study.run(folder, ranks=ranks, environment=environment)
        if ended.code != code:
            yield f"{environment}: ended with {ended.code}: {ended.errors[-300:]}"
        elif code:
            named = any(name in ended.errors for name in environment) and not folder.exists()
            yield None if named else f"{environment}: {ended.errors[-300:]}"
        else:
            yield study.difference(folder)
        study.forget(folder)


def small_shared_memory(scale, dice, study):
    """/dev/shm of 1 MB, as containers have it: noisy at most."""
    if os.geteuid() != 0:
        raise Skip("mounting /dev/shm needs root")
    folder = study.folder()
    inner = 'mount -t tmpfs -o size=1m none /dev/shm && exec "$@"'
    ended = study.run(folder, prefix=["unshare", "--mount", "sh", "-c", inner, "sh"])
    yield f"ended with {ended.code}: {ended.errors[-300:]}" if ended.code else study.difference(
        folder
    )
    study.forget(folder)


def full_temporary(scale, dice, study):
    """A TMPDIR in which there is no room, where MPI has its sockets and files."""
    if os.geteuid() != 0:
        raise Skip("mounting a small tmpfs needs root")
    for ranks in scale([], [None, 2], [None, 1, 2]):
        disk, folder = study.folder(), study.folder()
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
        subprocess.run(mount, check=True)
        try:
            try:
                (disk / "full").write_bytes(bytes(1 << 20))
            except OSError:
                pass  # it is now
            ended = study.run(folder, ranks=ranks, limit=60, environment={"TMPDIR": str(disk)})
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)
        loss = None
        if ended.code == -1 or ended.code in (132, 134, 139):
            loss = f"{ranks} ranks: ended with {ended.code}: {ended.errors[-300:]}"
        elif ended.code and not ended.errors.strip():
            loss = f"{ranks} ranks: ended with {ended.code} and says nothing"
        elif ended.code == 0 and study.differing(folder):
            # gnuplot draws there: plots alone may be missing, which is said.
            differing = [n for n in study.differing(folder) if not n.startswith("report/")]
            loss = differing and f"{differing[0]} differs" or None
            if "gnuplot" not in ended.errors:
                loss = loss or "plots are missing without a word"
        yield loss or study.loss(folder)
        study.forget(folder)
        disk.rmdir()


def other_programs(scale, dice, study):
    """Another build of the program on one rank: refused with both named, and no job is begun."""
    for _ in range(scale(0, 1, 2)):
        folder, elsewhere = study.folder(), study.folder()
        elsewhere.mkdir()
        other = elsewhere / "lungfold"
        shutil.copy(study.program, other)
        with open(other, "ab") as file:
            file.write(b"\0")  # which the loader does not look at, and a digest does
        arguments = study.arguments(folder, ["--threads", "1"])
        rank = ["-n", "1"]
        mpirun = ["mpirun", "--oversubscribe", "--bind-to", "none"]
        command = [*mpirun, *rank, *arguments, ":", *rank, str(other), *arguments[1:]]
        ended = Run(command, f"{folder}.log").end(60)
        loss = None
        if ended.code in (-1, 0, 3) or "the build of lungfold" not in ended.errors:
            loss = f"ended with {ended.code}: {ended.errors[-300:]}"
        elif list(folder.glob("jobs/*")):
            loss = "a job was begun"
        yield loss or study.loss(folder)
        study.forget(folder)
        shutil.rmtree(elsewhere)


def privileges(scale, dice, study):
    """Root whom mpirun refuses; root without the right to read other processes' memory."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    names = ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"]
    folder = study.folder()
    ended = study.run(folder, prefix=["env", *[word for name in names for word in ("-u", name)]])
    loss = None
    if ended.code in (-1, 0) or not ended.errors.strip() or folder.exists():
        loss = f"as root: ended with {ended.code}, folder {folder.exists()}: {ended.errors[-300:]}"
    yield loss or study.loss(folder)
    study.forget(folder)
    if not shutil.which("setpriv"):
        raise Skip("the rest needs setpriv")
    folder = study.folder()
    ended = study.run(folder, prefix=["setpriv", "--bounding-set", "-sys_ptrace", "--"])
    loss = None
    if ended.code or "Read -1" in ended.errors:
        loss = f"without CAP_SYS_PTRACE: ended with {ended.code}: {ended.errors[-300:]}"
    yield loss or study.difference(folder)
    study.forget(folder)


def soak(scale, dice, study):
    """Many small jobs in one process: memory and open files stay as they are."""
    if not scale(0, 0, 1):
        return
    folder = study.folder()
    file = folder.with_suffix(".yaml")
    rows = "".join(
        f"  - {{number: {number}, learning-rate: 1e-3, mini-batch: 2}}\n" for number in range(1, 26)
    )
    file.write_text(f"segnet:\n{rows}unet:\n{rows}")
    more = ["--experiments", "1-25", "--experiments-file", str(file), "--folds", "1-5"]
    run = study.launch(folder, ranks=None, more=more)  # which is its own oracle
    seen = []  # jobs done, kB of memory, open files

    def look():
        done = run.text().count(" done in ")
        if not seen or done > seen[-1][0]:
            seen.append((done, memory(run.pid), len(os.listdir(f"/proc/{run.pid}/fd"))))
        return False

    try:
        run.wait_for(look, limit=1800)
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has ended
    ended = run.end()
    early, late = ([s for s in seen if low <= s[0] < low + 50] for low in (100, 430))
    if ended.code != 0 or not early or not late:
        yield f"ended with {ended.code}, {len(seen)} looks: {ended.errors[-300:]}"
        return
    growth = 100 * (middle(late, 1) / middle(early, 1) - 1) / 3.3
    if growth >= 1:
        yield f"memory grew by {growth:.2f} % in a hundred jobs"
    else:
        files = middle(early, 2), middle(late, 2)
        yield f"open files: {files}" if files[0] != files[1] else None
    print(f"  {seen[-1][0]} jobs, memory {growth:+.2f} % in a hundred", flush=True)
    file.unlink()
    study.forget(folder)


def middle(seen, column):
    """The median of a column."""
    return sorted(row[column] for row in seen)[len(seen) // 2]


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


# MARK: Input files


def header(size=(32, 32, 10), kind=16, bits=32, offset=352.0, magic=b"n+1\0", order="<", **more):
    """A NIfTI-1 header, right or wrong."""
    fields = bytearray(352)
    struct.pack_into(order + "i", fields, 0, more.get("length", 348))
    dim = [more.get("axes", len(size)), *size, *[1] * (7 - len(size))]
    struct.pack_into(order + "8h", fields, 40, *dim[:8])
    struct.pack_into(order + "2h", fields, 70, kind, bits)
    struct.pack_into(order + "8f", fields, 76, *more.get("spacing", [1.0] * 8))
    struct.pack_into(order + "3f", fields, 108, offset, more.get("slope", 1), more.get("shift", 0))
    fields[344:348] = magic
    fields[348:352] = more.get("extension", bytes(4))
    return bytes(fields)


def bad_files():
    """Name and bytes of files that are no volume of ten slices of 32 x 32."""
    # Which may be grey values and labels, so that a header is not refused for its voxels.
    voxels = struct.pack("<10240f", *[float(i % 4) for i in range(10240)])
    good, nan = header() + voxels, float("nan")
    packed = gzip.compress(good)
    yield "empty.nii", b""
    yield "one-byte.nii", b"\x5c"
    yield "short.nii", good[:347]
    yield "header-only.nii", good[:352]
    yield "half.nii", good[: len(good) // 2]
    yield "pointer.nii.gz", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    yield "page.nii.gz", b"<!DOCTYPE html><html><body>404</body></html>"
    yield "cut.nii.gz", packed[: len(packed) // 2]
    yield "sum.nii.gz", packed[:-8] + b"\0\0\0\0" + packed[-4:]
    yield "length.nii.gz", packed[:-4] + b"\xff\xff\xff\x7f"
    yield "after.nii.gz", packed + b"garbage"
    parts = [gzip.compress(part) for part in (good[:1000], good[1000:20000], good[20000:])]
    yield "members.nii.gz", b"".join(parts)
    yield "empty-members.nii.gz", gzip.compress(b"") + packed + gzip.compress(b"")
    yield "nothing.nii.gz", gzip.compress(b"") * 3
    yield "member-cut.nii.gz", b"".join(parts)[:-10]
    yield "padded.nii.gz", packed + bytes(1000)
    yield "good.nii", good
    for number, name in enumerate(ODD):
        yield f"{name} {number}.nii.gz", packed
        yield f"{name} {number} cut.nii.gz", packed[: len(packed) // 2]
    yield "noise.nii.gz", b"\x1f\x8b\x08\x00" + bytes(range(256))
    yield "bomb.nii.gz", gzip.compress(header((1024, 1024, 400)) + bytes(1 << 24))
    changes = {
        "length-0": {"length": 0}, "length-huge": {"length": 2**31 - 1},
        "axes-0": {"axes": 0}, "axes-8": {"axes": 8}, "axes-negative": {"axes": -3},
        "empty-axis": {"size": (32, 0, 10)}, "negative-axis": {"size": (32, -32, 10)},
        "huge": {"size": (32767, 32767, 32767)},
        "overflow": {"size": (32767,) * 7}, "time": {"size": (32, 32, 5, 2)},
        "kind-0": {"kind": 0}, "kind-rgb": {"kind": 128, "bits": 24},
        "kind-complex": {"kind": 32, "bits": 64}, "kind-unknown": {"kind": 9999},
        "bits": {"bits": 7}, "offset-nan": {"offset": nan}, "offset-infinite": {"offset": 1e38},
        "offset-negative": {"offset": -352.0}, "offset-small": {"offset": 10.0},
        "offset-past": {"offset": 1e6}, "magic": {"magic": b"nii!"}, "pair": {"magic": b"ni1\0"},
        "slope-nan": {"slope": nan}, "slope-infinite": {"slope": float("inf")},
        "shift-nan": {"shift": nan}, "extension": {"extension": b"\1\0\0\0"},
        "big-endian-wrong": {"order": ">", "length": 12},
    }
    for name, change in changes.items():
        yield f"{name}.nii", header(**change) + voxels
    yield "nan.nii", header() + struct.pack("<f", nan) * 10240
    yield "infinite.nii", header() + struct.pack("<f", float("inf")) * 10240
    yield "constant.nii", header() + struct.pack("<f", 7.0) * 10240
    yield "few.nii", header((32, 32, 1)) + voxels[: 4 * 1024]
    yield "not-square.nii", header((32, 16, 20)) + voxels
    yield "trailing.nii", good + b"x" * 10000


# Names that shells, terminals and JSON stumble over; the last is no UTF-8, and may be refused.
ODD = ["a b", "new\nline", "qu'o\"te`$(x)", "\u00e4\u0308 \U0001fac1", "-o", "%s%n", "\udcff\udcfe"]
# Volumes that are unusual and right, beside those of odd names.
ACCEPTED = {"good", "extension", "slope-nan", "members", "empty-members", "padded"}
# Of a run that reads, and may train: in MB, with MPI and the numerical library.
MEMORY = 256


def bad_inputs(scale, dice, study):
    """Every bad file as images, as labels and as both: one message that names it, soon, in little
    memory, with nothing written. Good ones are taken."""
    folder = study.folder()
    folder.mkdir()
    names = ["missing.nii", "pipe.nii", "folder.nii", "loop.nii", "dangling.nii", "below.nii/x.nii"]
    paths = [folder / name for name in names]
    os.mkfifo(paths[1])
    paths[2].mkdir()
    paths[3].symlink_to(paths[3])
    paths[4].symlink_to(folder / "nowhere.nii")
    paths[5].parent.write_bytes(b"a file, which no name is below")
    for name, content in list(bad_files())[:: scale(12, 1, 1)]:
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    roles = [["--images"], ["--labels"], ["--images", "--labels"]]
    inputs = [
        (dict.fromkeys(options, path), is_right(path), path)
        for path in paths for options in scale(roles[2:], roles, roles)
    ]
    inputs += [*twins(folder), *unreadable(folder)]
    inputs += [({"--experiments-file": path}, False, path) for path in experiments_files(folder)]
    yield from two_at_a_time(read_input, [(study, *given) for given in inputs])
    study.forget(folder)


def is_right(path):
    """Whether a file is to be taken; None where that is left open."""
    if path.name.startswith(ODD[-1]) and "cut" not in path.name:
        return None
    is_odd = any(path.name.startswith(odd) for odd in ODD) and "cut" not in path.name
    return is_odd or path.name.split(".")[0] in ACCEPTED


def twins(folder):
    """A.nii beside A.nii.gz: the one that is named is read."""
    good = dict(bad_files())["good.nii"]
    for name, is_good in (("A.nii", True), ("A.nii.gz", False), ("B.nii", False), ("B.nii.gz", True)):
        content = good if is_good else good[:5000]
        (folder / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    for name, is_good in (("A.nii", True), ("A.nii.gz", False), ("B.nii", False), ("B.nii.gz", True)):
        path = folder / name
        yield {"--images": path, "--labels": path}, is_good, path


def unreadable(folder):
    """A file that one may not read: as root by giving up the rights over others' files."""
    path = folder / "unreadable.nii"
    path.write_bytes(b"x")
    path.chmod(0)
    prefix = []
    if os.geteuid() == 0:
        prefix = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"]
        if not shutil.which("setpriv") or subprocess.run(
            [*prefix, "cat", path], capture_output=True, check=False).returncode == 0:
            return  # root may read everything here
    yield {"--images": path}, False, path, prefix


def experiments_files(folder):
    """Files that are no list of experiments: one never ends, and some grow when they are read."""
    pipe = folder / "pipe.yaml"
    os.mkfifo(pipe)
    yield pipe
    levels = "".join(f"- &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 27))
    keys = "".join(f"  ? &a{n} [*a{n - 1}, *a{n - 1}]\n  : {n}\n" for n in range(1, 27))
    contents = {
        "bomb": f"- &a0 x\n{levels}", "key-bomb": f"segnet:\n  ? &a0 [x]\n  : 0\n{keys}",
        "deep": "[" * 100000, "nul": "segnet:\n  - {number: \0}\n", "page": "<!DOCTYPE html>",
        "huge": "segnet:\n  - {number: 99999999999999999999, learning-rate: 1e-3, mini-batch: 2}\n",
        "twice": "segnet: []\nsegnet: []\n", "binary": "\x1f\x8b\x08" * 100,
    }
    for name, content in contents.items():
        path = folder / f"{name}.yaml"
        path.write_text(content)
        yield path


# Address space as well as memory: what is asked for and not used shows nowhere else. And two seconds of
# the processor, which a busy machine may take long to give.
LIMITS = 'ulimit -v 3145728; ulimit -t 2; exec "$@"'


def read_input(study, inputs, is_good, path, prefix=()):
    """Runs the study with some of its inputs replaced; what is wrong with how it ends, or None."""
    output = study.folder()
    arguments = study.arguments(output, ["--threads", "1", "--epochs", "1"])
    command = ["sh", "-c", LIMITS, "sh", *prefix, *arguments]
    for option, value in inputs.items():
        if option in command:
            command[command.index(option) + 1] = str(value)
        else:
            command += [option, str(value)]
    what = f"{path.name!r} as {' and '.join(inputs)}"

    with open(f"{output}.log.err", "w+b") as errors:
        # pylint: disable-next=consider-using-with
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
            env=environment_with(None))
        # A process that is not waited for keeps its number, so that this ends no other.
        hung = []
        alarm = threading.Timer(30, lambda: (hung.append(True), os.kill(process.pid, 9)))
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        text = errors.read().decode(errors="replace")
    code, messages = process.returncode, re.findall(r"(?m)^lungfold: (.*)", text)
    exists = output.exists()
    study.forget(output)
    if hung:
        return f"{what}: hangs"
    if usage.ru_maxrss > MEMORY << 10:
        return f"{what}: takes {usage.ru_maxrss >> 10} MB, ends with {code}"
    if is_good or (is_good is None and code == 0):
        return f"{what}: is refused: {code}: {text[-300:]}" if code else None
    if code not in (64, 65, 66, 74, 78) or len(messages) != 1:
        return f"{what}: {code}: {text[-300:]}"
    if path.stem.isascii() and path.stem.isalnum() and path.name not in messages[0]:
        return f"{what}: is not named: {text[-300:]}"
    if exists:
        return f"{what}: refused, but the folder was made"
    return None
