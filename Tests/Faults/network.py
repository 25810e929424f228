"""Three hosts on one machine: network namespaces on a bridge, and a link that goes down."""

import os
import pathlib
import shutil
import signal
import subprocess

from suite import Skip

# What the README's cluster line has, but faster, so that a test of it takes no minutes.
KEEPALIVE = [
    "--mca", "oob_tcp_keepalive_time", "5", "--mca", "oob_tcp_keepalive_intvl", "2",
    "--mca", "oob_tcp_keepalive_probes", "3", "--mca", "btl_tcp_if_include", "10.77.0.0/24",
    "--mca", "oob_tcp_if_include", "10.77.0.0/24",
]
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

    def link(self, index, state):
        self.ip("-n", self.switch, "link", "set", f"p{index}", state)

    def start(self, study, folder):
        """mpirun on the first host, a rank on each."""
        inner = 'hostname "$0"; exec "$@"'
        prefix = [
            "ip", "netns", "exec", self.names[0], "unshare", "--uts", "--mount", "--ipc",
            "sh", "-c", inner, self.names[0], "mpirun", "--mca", "plm_rsh_agent", str(self.agent),
            *KEEPALIVE, "--bind-to", "none", "-n", "3",
            "--host", ",".join(f"{name}:1" for name in self.names),
        ]
        limits = {"LUNGFOLD_LIMITS": "0.1"}
        return study.start(folder, ranks=None, prefix=prefix, environment=limits)


def links(scale, dice, study):
    """A link that is down for a moment is ridden out; one that stays down ends the run."""
    with Hosts(study.scratch) as hosts:
        folder = study.folder()
        ended = hosts.start(study, folder).end(120)
        yield f"no fault: {ended.code}: {ended.errors[-400:]}" if ended.code else study.difference(
            folder
        )
        study.forget(folder)
        for seconds in scale([], [3, None], [3, 20, None] * 16):
            folder = study.folder()
            run = hosts.start(study, folder)
            run.wait_for(lambda: "starts on rank 1" in run.text())
            hosts.link(1, "down")
            run.wait_for(lambda: False, seconds or 60)
            if seconds is None and run.process.poll() is None:
                run.signal(run.pid, signal.SIGTERM)  # a hung mpirun: only the outside can end it
            if seconds is not None:
                hosts.link(1, "up")
            ended = run.end(90)
            hosts.link(1, "up")
            loss = f"{seconds} s down: hung: {ended.errors[-300:]}" if ended.code == -1 else None
            if seconds == 3 and ended.code != 0:
                loss = f"3 s down: ended with {ended.code}: {ended.errors[-300:]}"
            yield loss or study.loss(folder)
            study.forget(folder)
