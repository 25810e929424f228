"""Volumes that are right, as an independent reader has them: nibabel, in an environment of its own."""

import gzip
import json
import pathlib
import struct
import subprocess
import sys
import venv

from suite import Skip
from surroundings import header

ENVIRONMENT = pathlib.Path(__file__).resolve().parent.parent.parent / ".build-nibabel"
# NIfTI's code of a type, and struct's with its bits.
KINDS = {
    2: ("B", 8), 4: ("h", 16), 8: ("i", 32), 16: ("f", 32), 64: ("d", 64), 256: ("b", 8),
    512: ("H", 16), 768: ("I", 32), 1024: ("q", 64), 1280: ("Q", 64),
}
# Reads volumes by name and says what is in them, in the terms of `lungfold inspect`.
READER = """
import collections, json, sys
import nibabel, numpy
for line in sys.stdin:
    voxels = numpy.asanyarray(nibabel.load(line.strip()).dataobj)
    while voxels.ndim > 3 and voxels.shape[-1] == 1:
        voxels = voxels[..., 0]
    if voxels.ndim == 2:
        voxels = voxels[..., None]
    counts = collections.Counter(voxels.astype(numpy.float64).ravel().tolist())
    print(json.dumps({
        "shape": voxels.shape, "values": sorted(counts.items()),
        "empty": [k + 1 for k in range(voxels.shape[2]) if not voxels[..., k].any()],
    }), flush=True)
"""


def environment():
    """The Python that has nibabel; made on first use."""
    python, complete = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "complete"
    if not complete.exists():
        try:
            venv.create(ENVIRONMENT, with_pip=True)
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", "nibabel"],
                check=True, stdout=sys.stderr)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Skip(f"nibabel cannot be installed: {error}") from error
        complete.touch()
    return python


def volume(dice):
    """A valid file's name and bytes: values 0 to 3 once they are scaled, in any type and order."""
    kind = dice.choice(list(KINDS))
    code, bits = KINDS[kind]
    order, second = dice.choice("<>"), dice.random() < 0.4
    size = [dice.randint(2, 24), dice.randint(2, 24), dice.randint(1, 6)]
    if size[2] == 1 and dice.random() < 0.5:
        size = size[:2]
    size += [1] * dice.choice([0, 0, 0, 1, 2]) if len(size) == 3 else []
    slope, shift = dice.choice([(1, 0), (0, 0), (1, 0), (0.5, 0), (2, 0), (0.25, 1), (1, -5), (4, -8)])
    count = size[0] * size[1]
    planes = (size[2] if len(size) > 2 else 1)
    values = []
    for _ in range(planes):
        empty = dice.random() < 0.3
        values += [0 if empty else dice.choice([0, 0, 1, 2, 3]) for _ in range(count)]
    # What is stored, where it fits the type; otherwise as it is.
    raw = [(value - shift) / slope for value in values] if slope else values
    least = 0 if code in "BHIQ" else -128
    if code not in "fd" and any(r != int(r) or not least <= r <= 127 for r in raw):
        slope, shift, raw = 1, 0, values
    raw = [float(r) if code in "fd" else int(r) for r in raw]
    gap = dice.choice([0, 0, 16, 160])
    body = struct.pack(f"{order}{len(raw)}{code}", *raw)
    make = second_header if second else header
    offset = (544 if second else 352) + gap
    head = make(size=tuple(size), kind=kind, bits=bits, offset=offset, order=order,
                slope=slope, shift=shift)
    content = head + bytes(gap) + body
    packed = dice.random() < 0.5
    return (".nii.gz", gzip.compress(content, dice.choice([0, 1, 9]))) if packed else (".nii", content)


def second_header(size, kind, bits, offset, order, slope, shift):
    """A NIfTI-2 header (https://nifti.nimh.nih.gov/nifti-2)."""
    fields = bytearray(544)
    struct.pack_into(order + "i", fields, 0, 540)
    fields[4:12] = b"n+2\0\r\n\x1a\n"
    struct.pack_into(order + "2h", fields, 12, kind, bits)
    struct.pack_into(order + "8q", fields, 16, len(size), *size, *[1] * (7 - len(size)))
    struct.pack_into(order + "8d", fields, 104, *[1.0] * 8)
    struct.pack_into(order + "q2d", fields, 168, offset, slope, shift)
    return bytes(fields)


def differential(scale, dice, study):
    """Generated volumes: the same shape, values and counts of them as nibabel has."""
    count = scale(0, 100, 1000)
    python = environment() if count else None
    if not count:
        return
    folder = study.folder()
    folder.mkdir()
    with subprocess.Popen(
        [python, "-c", READER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        for index in range(count):
            name, content = volume(dice)
            path = folder / f"{index}{name}"
            path.write_bytes(content)
            reader.stdin.write(f"{path}\n")
            reader.stdin.flush()
            loss = compared(study, path, json.loads(reader.stdout.readline()))
            yield loss
            if not loss:
                path.unlink()
        reader.stdin.close()


def compared(study, path, due):
    """Lungfold's reading beside nibabel's; what differs, or None."""
    ended = subprocess.run(
        [study.program, "inspect", "--labels", path, "--json", "-"], capture_output=True, text=True,
        check=False)
    if ended.returncode != 0:
        return f"{path}: ended with {ended.returncode}: {ended.stderr[-300:]}"
    found = json.loads(ended.stdout)
    labels = found["labels"]
    shape = [labels["rows"], labels["columns"], labels["slices"]]
    if shape != due["shape"]:
        return f"{path}: {shape} instead of {due['shape']}"
    values = [[entry["value"], entry["pixels"]] for entry in found["labelValues"]]
    if values != due["values"]:
        return f"{path}: {values} instead of {due['values']}"
    if found["slicesWithoutLesions"] != due["empty"]:
        return f"{path}: empty slices {found['slicesWithoutLesions']} instead of {due['empty']}"
    return None
