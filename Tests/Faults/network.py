"""Three hosts on one machine: network namespaces on a bridge, and what goes wrong between them."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

from study import name_of, start_time
from suite import Skip

# The README's cluster line, and a faster one, so that a test of a link that stays down takes no minutes.
PATIENT, FAST = (20, 5, 3), (5, 2, 3)
# Stands in for ssh: a shell on another "host".
AGENT = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
host=$1
shift
exec ip netns exec "$host" unshare --uts --mount --ipc sh -c \\
    'hostname "$0"; mount -t tmpfs none /dev/shm; exec sh -c "$1"' "$host" "$*"
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

    def start(self, study, folder, keepalive=FAST, limits="0.1"):
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
            folder, ranks=None, prefix=prefix, environment={"LUNGFOLD_LIMITS": limits})

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
            folder, run = at_work(
                hosts, study, keepalive=FAST if seconds is None else PATIENT,
                limits="0.1" if seconds is None else "1")
            hosts.link(1, "down")
            run.wait_for(lambda: False, seconds or 60)
            if seconds is None and run.process.poll() is None:
                run.signal(run.pid, signal.SIGTERM)  # a hung mpirun: only the outside can end it
            if seconds is not None:
                hosts.link(1, "up")
            ended = run.end(120)
            hosts.link(1, "up")
            loss = f"{seconds} s down: hung: {ended.errors[-300:]}" if ended.code == -1 else None
            if seconds is not None and ended.code != 0:
                loss = f"{seconds} s down: ended with {ended.code}: {ended.errors[-300:]}"
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
                # Where it was stopped between looking for the other run and writing its speed, the
                # speed is written; no report and no manifest knows of it.
                if after[path] != before.get(path) and not path.is_dir()
                and path.parent.name != "logs" and not path.name.endswith("images-per-second")
            ]
            if ended.code == -1:
                loss = loss or f"the cut-off rank did not end: {ended.errors[-300:]}"
            yield loss or (f"the cut-off rank wrote {changed[:3]}" if changed else None)
            study.forget(folder)
