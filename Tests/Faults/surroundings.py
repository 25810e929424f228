"""Environments in which launchers and MPI lie, and input files that are not what they should be."""

import gzip
import os
import resource
import struct
import subprocess

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
    run = study.start(folder, ranks=None, more=more)
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
    voxels = struct.pack("<10240f", *[float(i % 200) for i in range(10240)])
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


# Volumes that are unusual and right.
ACCEPTED = {"extension", "slope-nan", "slope-infinite", "trailing", "time", "not-square", "shift-nan"}


def bad_inputs(scale, dice, study):
    """Every bad file as images and as labels: one message that names it, soon, in little memory,
    with nothing written."""
    folder = study.folder()
    folder.mkdir()
    paths = [folder / "missing.nii", folder / "pipe.nii", folder / "folder.nii", folder / "loop.nii"]
    os.mkfifo(paths[1])
    paths[2].mkdir()
    paths[3].symlink_to(paths[3])
    for name, content in list(bad_files())[:: scale(5, 1, 1)]:
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    for path in paths:
        for option in ("--images", "--labels"):
            yield refused(study, path, option)
    study.forget(folder)


def refused(study, path, option):
    output = study.folder()
    command = study.arguments(output)
    command[command.index(option) + 1] = str(path)

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
        # Two seconds of the processor, which a busy machine may take long to give.
        resource.setrlimit(resource.RLIMIT_CPU, (2, 2))

    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=120,
            preexec_fn=limit, stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return f"{path.name} as {option}: hangs"
    messages = [line for line in ended.stderr.split("\n") if line.startswith("lungfold: ")]
    if ended.returncode == 0 and path.stem.split(".")[0] in ACCEPTED:
        study.forget(output)
        return None
    if ended.returncode not in (64, 65, 66) or len(messages) != 1:
        return f"{path.name} as {option}: {ended.returncode}: {ended.stderr[-300:]}"
    if output.exists():
        return f"{path.name} as {option}: refused, but the folder was made"
    return None
