"""What a power failure leaves: every state that a file system may show after it, from the recorded
system calls of a run."""

import os
import pathlib
import re
import shutil

from suite import Skip

CALLS = "openat,write,fsync,close,rename,unlink,mkdir,ftruncate,lseek"


class Disk:
    """Files as a process sees them, and which of it all is sure to outlive a power failure.

    A file's content is sure after fsync of the file; that a name is there, or another's, or gone, is
    sure after fsync of its folder. Everything else may be lost, in part or as a whole.
    """

    def __init__(self):
        self.live = {}  # path: file
        self.sure = {}
        self.folders = []
        self.pending = []  # changes of names since the folder's fsync: (path, file or None)

    def name(self, path, file):
        """A name gets a file, or loses it (None)."""
        self.live.pop(path, None)
        if file is not None:
            self.live[path] = file
        self.pending.append((path, file))

    def settle(self, folder):
        """fsync of a folder."""
        for path, file in self.pending:
            if os.path.dirname(path) == folder:
                apply(self.sure, path, file)
        self.pending = [p for p in self.pending if os.path.dirname(p[0]) != folder]

    def states(self):
        """What may be found afterwards: names by path, each with its content."""
        names = [dict(self.sure), dict(self.live)]
        # One change alone of those that are not sure, and all but one.
        for left in range(len(self.pending)):
            alone, but = dict(self.sure), dict(self.sure)
            for index, change in enumerate(self.pending):
                apply(alone if index == left else but, *change)
            names += [alone, but]
        for files in names:
            for content in ("all", "none", "torn", "zero"):
                yield {path: file.after(content) for path, file in files.items()}


def apply(files, path, file):
    files.pop(path, None)
    if file is not None:
        files[path] = file


class File:
    """A file's bytes now, and those that fsync has made sure."""

    def __init__(self):
        self.bytes, self.sure = bytearray(), b""

    def after(self, content):
        if content == "all" or bytes(self.bytes) == self.sure:
            return bytes(self.bytes)
        return {
            "none": self.sure,
            "torn": bytes(self.bytes[: len(self.bytes) // 2]),
            "zero": bytes(len(self.bytes)),
        }[content]


def replay(trace, root):
    """The disk after each call that changes it."""
    disk, opened, places = Disk(), {}, {}
    for call, rest, result in calls(trace):
        paths = [p for p in re.findall(r'"((?:[^"\\]|\\.)*)"', rest)] if call != "write" else []
        paths = [unescape(p).decode() for p in paths]
        descriptor = rest.split(",")[0].strip()
        if call == "openat" and paths[0].startswith(root):
            path = paths[0]
            opened[result] = path if "O_DIRECTORY" in rest else disk.live.get(path)
            places[result] = 0
            if "O_CREAT" in rest and path not in disk.live:
                opened[result] = File()
                disk.name(path, opened[result])
        elif call == "write" and isinstance(opened.get(descriptor), File):
            data = unescape(rest[rest.index('"') + 1 : rest.rindex('"')])[: int(result)]
            file, place = opened[descriptor], places[descriptor]
            file.bytes[place : place + len(data)] = data
            places[descriptor] += len(data)
        elif call == "lseek" and descriptor in places:
            places[descriptor] = int(result)
        elif call == "ftruncate" and isinstance(opened.get(descriptor), File):
            del opened[descriptor].bytes[int(rest.split(",")[1].split(")")[0]) :]
        elif call == "fsync" and descriptor in opened:
            if isinstance(opened[descriptor], File):
                opened[descriptor].sure = bytes(opened[descriptor].bytes)
            else:
                disk.settle(opened[descriptor])
        elif call == "close":
            opened.pop(descriptor, None)
            continue
        elif call == "rename" and paths[0] in disk.live:
            file = disk.live[paths[0]]
            # One change: never are both names gone.
            disk.live.pop(paths[0])
            disk.live[paths[1]] = file
            disk.pending += [(paths[1], file), (paths[0], None)]
        elif call == "unlink" and paths[0] in disk.live:
            disk.name(paths[0], None)
        elif call == "mkdir" and paths[0].startswith(root):
            disk.folders.append(paths[0])
        else:
            continue
        yield disk


def calls(trace):
    """The calls of a trace that succeeded, in the order in which they ended."""
    begun = {}
    with open(trace, errors="replace") as file:
        for line in file:
            match = re.match(r"(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$", line)
            if not match:
                continue
            thread, resumed, call, rest = match.groups()
            if rest.endswith("<unfinished ...>"):
                begun[thread] = rest.removesuffix("<unfinished ...>")
                continue
            if resumed:
                call, rest = resumed, begun.pop(thread, "") + rest
            ended = re.match(r"(.*)\) += (\d+)(?:<.*>)?$", rest)
            if ended and call in CALLS.split(","):
                yield call, ended.group(1), ended.group(2)


def unescape(text):
    """The bytes of a string of strace -xx."""
    return bytes.fromhex(text.replace("\\x", ""))


def recorded(study):
    """The calls of a run, from its start to its end."""
    folder = study.folder()
    trace = pathlib.Path(f"{folder}.trace")
    strace = ["strace", "-f", "--seccomp-bpf", "-xx", "-s", "100000000", "-o", str(trace)]
    ended = study.run(folder, ranks=None, prefix=[*strace, "-e", f"trace={CALLS}"])
    if ended.code != 0:
        raise Skip(f"strace does not work here: {ended.errors[-200:]}")
    return folder, trace


def crash_states(scale, dice, study):
    """The command goes on from what a power failure may have left of its folder at any moment."""
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    folder, trace = recorded(study)
    # From the first checkpoint to the manifest: the commits of checkpoints and of the result.
    states, contents = {}, {}
    for disk in replay(trace, str(folder)):
        if not any("/checkpoint-" in path for path in disk.live):
            if not states:
                continue
        for state in disk.states():
            state = {path: contents.setdefault(c, c) for path, c in state.items()}
            key = tuple(sorted((path, id(content)) for path, content in state.items()))
            states.setdefault(key, (list(disk.folders), state))
    chosen = list(states.values())
    if not chosen:
        yield "no state was recorded"
    count = scale(4, 100, 400)
    for folders, state in dice.sample(chosen, min(count, len(chosen))):
        study.forget(folder)
        for path in [str(folder), *folders]:
            os.makedirs(path, exist_ok=True)
        for path, content in state.items():
            pathlib.Path(path).write_bytes(content)
        loss = study.loss(folder, ranks=1, environment={"LUNGFOLD_LIMITS": "0.001"})
        yield loss
        if loss:
            folder.rename(study.folder())
    study.forget(folder)
    trace.unlink()
