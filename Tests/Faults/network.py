"""Three hosts on one machine: network namespaces on a bridge, and what goes wrong between them."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from study import name_of, progress, start_time
from suite import Skip

# The cluster line that users are given, and a faster one for tests of other things than it.
PATIENT, FAST = (20, 5, 3), (5, 2, 3)
# Within which a run that has lost a host ends by itself, with what users are given.
LOST = 60
# Stands in for ssh: a shell on another "host", which may have a disk of its own in place of a folder.
AGENT = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
host=$1
shift
exec ip netns exec "$host" unshare --uts --mount --ipc sh -c \\
    'hostname "$0"; mount -t tmpfs none /dev/shm
    [ -z "$LUNGFOLD_PRIVATE" ] || mount -t tmpfs none "$LUNGFOLD_PRIVATE"
    exec sh -c "$1"' "$host" "$*"
"""


class Hosts:
    """Namespaces lfN-0, lfN-1, lfN-2 with one address each."""

    def __init__(self, scratch):
        self.tag = f"lf{os.getpid() % 100000}"
        self.switch = f"{self.tag}-s"
        self.names = [f"{self.tag}-{index}" for index in range(3)]
        self.agent = scratch / "agent"

    def __enter__(self):
        if os.geteuid() != 0 or not shutil.which("ip"):
            raise Skip("network namespaces need root and iproute2")
        self.agent.write_text(AGENT)
        self.agent.chmod(0o755)
        lines = "".join(f"10.77.0.{i + 1} {name}\n" for i, name in enumerate(self.names))
        self.ip("netns", "add", self.switch)
        self.ip("-n", self.switch, "link", "add", "br0", "type", "bridge")
        self.ip("-n", self.switch, "link", "set", "br0", "up")
        for index, name in enumerate(self.names):
            self.ip("netns", "add", name)
            self.ip("link", "add", "eth0", "netns", name, "type", "veth",
                    "peer", "name", f"p{index}", "netns", self.switch)
            self.ip("-n", self.switch, "link", "set", f"p{index}", "master", "br0", "up")
            self.ip("-n", name, "addr", "add", f"10.77.0.{index + 1}/24", "dev", "eth0")
            self.ip("-n", name, "link", "set", "eth0", "up")
            self.ip("-n", name, "link", "set", "lo", "up")
            hosts = pathlib.Path(f"/etc/netns/{name}/hosts")
            hosts.parent.mkdir(parents=True, exist_ok=True)
            hosts.write_text("127.0.0.1 localhost\n" + lines)
        return self

    def __exit__(self, *_):
        for name in [*self.names, self.switch]:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
            shutil.rmtree(f"/etc/netns/{name}", ignore_errors=True)

    @staticmethod
    def ip(*arguments):
        result = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
        if result.returncode:
            raise Skip(f"ip {' '.join(arguments)}: {result.stderr.strip()}")
        return result.stdout

    def link(self, index, state):
        self.ip("-n", self.switch, "link", "set", f"p{index}", state)

    def start(self, study, folder, keepalive=FAST, limits="0.1", private=""):
        """mpirun on the first host, a rank on each."""
        inner = 'hostname "$0"; exec "$@"'
        named = zip(("time", "intvl", "probes"), keepalive)
        settings = [(f"oob_tcp_keepalive_{name}", str(value)) for name, value in named]
        settings += [(f"{layer}_tcp_if_include", "10.77.0.0/24") for layer in ("btl", "oob")]
        prefix = [
            "ip", "netns", "exec", self.names[0], "unshare", "--uts", "--mount", "--ipc",
            "sh", "-c", inner, self.names[0], "mpirun", "--mca", "plm_rsh_agent", str(self.agent),
            *[word for setting in settings for word in ("--mca", *setting)],
            "--bind-to", "none", "-n", "3",
            "--host", ",".join(f"{name}:1" for name in self.names),
        ]
        return study.start(
            folder, ranks=None, prefix=prefix,
            environment={"LUNGFOLD_LIMITS": limits, "LUNGFOLD_PRIVATE": str(private)})

    def record(self, run, index, program):
        """The process of this name on a host, daemons of mpirun among them; None if there is none.

        Daemons leave their parents, so that `Run` does not find them; here they are recorded, too.
        """
        found = None
        for word in self.ip("netns", "pids", self.names[index]).split():
            pid = int(word)
            run.recorded.setdefault(pid, start_time(pid))
            if name_of(pid) == program:
                found = pid
        return found


def at_work(hosts, study, **options):
    """A run on three hosts, each rank of which has a job."""
    folder = study.folder()
    run = hosts.start(study, folder, **options)
    run.wait_for(lambda: all(f"starts on rank {rank} " in run.text() for rank in range(3)))
    for index in range(3):
        hosts.record(run, index, "lungfold")
    return folder, run


def links(scale, dice, study):
    """A link that is down for a moment is ridden out; one that stays down ends the run."""
    with Hosts(study.scratch) as hosts:
        folder = study.folder()
        ended = hosts.start(study, folder).end(120)
        yield f"no fault: {ended.code}: {ended.errors[-400:]}" if ended.code else study.difference(
            folder
        )
        study.forget(folder)
        for seconds in scale([], [3, 20, None], [3] * 9 + [20] * 3 + [None] * 6):
            # With what users are given, keepalive and limits.
            folder, run = at_work(hosts, study, keepalive=PATIENT, limits="1")
            loss = None
            hosts.link(1, "down")
            if seconds is None:
                loss = lost_host(run)
            else:
                run.wait_for(lambda: False, seconds)
            hosts.link(1, "up")
            ended = run.end(120)
            if ended.code == -1:
                loss = loss or f"{seconds} s down: hung: {ended.errors[-300:]}"
            elif seconds is not None and ended.code != 0:
                loss = f"{seconds} s down: ended with {ended.code}: {ended.errors[-300:]}"
            elif seconds is None and ended.code == 0:
                loss = loss or "the link was down for good, and the run ended with 0"
            yield loss or study.loss(folder, environment={"LUNGFOLD_LIMITS": "0.1"})
            study.forget(folder)


def lost_host(run):
    """Waits for the end of a run that has lost a host: by itself, and on all hosts; or says what is
    left of it, which it ends."""
    begin = time.monotonic()
    run.wait_for(lambda: False, LOST)
    if run.process.poll() is None:
        run.signal(run.pid, signal.SIGTERM)
        return f"mpirun had not ended after {LOST} s"
    # The cut-off host's processes find out by themselves as well.
    while run.living() and time.monotonic() - begin < LOST:
        time.sleep(0.05)
    left = [f"{name_of(pid)} {pid}" for pid in run.living()]
    return f"after {LOST} s there are still {left}" if left else None


def slow_link(scale, dice, study):
    """A link of 1 Mbit/s: slow, and without effect."""
    with Hosts(study.scratch) as hosts:
        for _ in range(scale(0, 1, 3)):
            folder = study.folder()
            shape = ["tbf", "rate", "1mbit", "burst", "32kbit", "latency", "400ms"]
            for name in hosts.names[1:]:
                command = ["ip", "netns", "exec", name, "tc", "qdisc", "add", "dev", "eth0", "root"]
                made = subprocess.run(
                    [*command, *shape], capture_output=True, text=True, check=False)
                if made.returncode:
                    raise Skip(f"no tbf in this kernel: {made.stderr.strip()[:80]}")
            ended = hosts.start(study, folder, keepalive=PATIENT, limits="1").end(180)
            for name in hosts.names[1:]:
                hosts.ip("netns", "exec", name, "tc", "qdisc", "del", "dev", "eth0", "root")
            loss = f"ended with {ended.code}: {ended.errors[-300:]}" if ended.code else None
            yield loss or study.difference(folder)
            study.forget(folder)


def lost_hosts(scale, dice, study):
    """A host lost, link and processes at once, while it writes a checkpoint or a result."""
    with Hosts(study.scratch) as hosts:
        for index in range(scale(0, 1, 6)):
            folder, run = at_work(hosts, study, keepalive=PATIENT, limits="1")
            job = re.search(r"(\S+) starts on rank 1 ", run.text())
            lost = [hosts.record(run, 1, name) for name in ("lungfold", "orted")]
            writes = (folder / "jobs" / job[1]) if job else folder
            # Half-written files, as a commit has them: of a checkpoint, or of the result.
            kind = ".*.tmp" if index % 2 == 0 else ".weights*.tmp"
            found = run.wait_for(lambda: list(writes.glob(kind)) or not progress(folder), 30)
            hosts.link(1, "down")
            for pid in lost:
                run.signal(pid, signal.SIGKILL)
            loss = lost_host(run)
            hosts.link(1, "up")
            ended = run.end(60)
            if not job or not found or None in lost:
                loss = loss or f"there was no commit to lose a host in: {ended.errors[-300:]}"
            elif ended.code in (-1, 0):
                loss = loss or f"ended with {ended.code}: {ended.errors[-300:]}"
            yield loss or study.loss(folder, environment={"LUNGFOLD_LIMITS": "0.1"})
            study.forget(folder)


def private_folders(scale, dice, study):
    """An output folder that is another one on each host: refused, with the hosts named."""
    with Hosts(study.scratch) as hosts:
        for _ in range(scale(0, 1, 2)):
            folder = study.folder()
            folder.mkdir()
            ended = hosts.start(study, folder, limits="1", private=folder).end(90)
            loss = None
            if ended.code in (-1, 0, 3) or ended.seconds > 75:
                loss = f"ended with {ended.code} after {ended.seconds:.0f} s: {ended.errors[-300:]}"
            elif not all(name in ended.errors for name in hosts.names[1:]):
                loss = f"the hosts are not named: {ended.errors[-300:]}"
            elif list(folder.glob("jobs/*")):
                loss = "a job was begun"
            yield loss or study.loss(folder, environment={"LUNGFOLD_LIMITS": "0.1"})
            study.forget(folder)


def killed_daemons(scale, dice, study):
    """kill -9 of mpirun's daemon on another host: no rank is left after 10 s."""
    with Hosts(study.scratch) as hosts:
        for _ in range(scale(0, 1, 10)):
            folder, run = at_work(hosts, study)
            daemon = hosts.record(run, dice.choice([1, 2]), "orted")
            if daemon is None:
                yield "there is no daemon to kill"
                run.end(60)
                continue
            run.signal(daemon, signal.SIGKILL)
            ended = run.end(30)
            loss = None
            if ended.code in (-1, 0):
                loss = f"ended with {ended.code}: {ended.errors[-300:]}"
            yield loss or study.loss(folder, environment={"LUNGFOLD_LIMITS": "0.1"})
            study.forget(folder)


def zombies(scale, dice, study):
    """A rank that was cut off and wakes up when another run has finished its study: it writes nothing
    but that it stops, in its own log."""
    with Hosts(study.scratch) as hosts:
        for _ in range(scale(0, 1, 10)):
            folder, run = at_work(hosts, study)
            zombie = hosts.record(run, 1, "lungfold")
            # Its daemon, too, would end it; and mpirun's death would wake it up with a hangup.
            daemon = hosts.record(run, 1, "orted")
            others = [hosts.record(run, index, "lungfold") for index in (0, 2)]
            hosts.link(1, "down")
            for pid in (zombie, daemon, run.pid):
                run.signal(pid, signal.SIGSTOP)
            for pid in others:
                run.signal(pid, signal.SIGKILL)
            # Another host's run: the lock's owner counts as dead when it has been silent.
            loss = study.loss(folder, environment={"LUNGFOLD_LIMITS": "0.1"})
            before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
            if start_time(zombie) != run.recorded[zombie]:
                loss = loss or "the cut-off rank was gone before it could write"
            run.signal(zombie, signal.SIGCONT)
            limit = time.monotonic() + 60
            while start_time(zombie) == run.recorded[zombie] and time.monotonic() < limit:
                time.sleep(0.05)
            hosts.link(1, "up")
            run.signal(run.pid, signal.SIGKILL)
            run.signal(daemon, signal.SIGCONT)
            ended = run.end(60)
            after = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
            changed = [
                str(path) for path in after
                # Where it was stopped between looking for the other run and showing its curve and its
                # speed, they are shown; no report and no manifest knows of them.
                if after[path] != before.get(path) and not path.is_dir()
                and path.parent.name not in ("logs", "live")
                and not path.name.endswith("images-per-second")
            ]
            if ended.code == -1:
                loss = loss or f"the cut-off rank did not end: {ended.errors[-300:]}"
            yield loss or (f"the cut-off rank wrote {changed[:3]}" if changed else None)
            study.forget(folder)
