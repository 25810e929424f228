"""The small study that faults happen to, its processes, and what must be left of it afterwards."""

import dataclasses
import hashlib
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

IMAGES, LABELS = "tr_im.nii.gz", "tr_mask.nii.gz"
# What differs between two undisturbed runs, too: times, hosts, who writes, how fast it was.
UNCOMPARED = {
    "run.json", "generation", "run.html", "lock", "status.json", "events.jsonl", "logs",
    "events.out.tfevents.0000000000.images-per-second",
}


# A thread's own TMPDIR. Of two processes with one, Open MPI's first to end removes a folder that the
# second is about to use.
own = threading.local()


def two_at_a_time(trial, trials):
    """The results of trials of one process each, which then share the cores."""

    def begin():
        own.environment = {"TMPDIR": tempfile.mkdtemp(dir=os.environ["TMPDIR"])}

    with ThreadPoolExecutor(2, initializer=begin) as pool:
        yield from pool.map(lambda given: trial(*given), trials)


def environment_with(more):
    return {**os.environ, **getattr(own, "environment", {}), **(more or {})}


@dataclasses.dataclass
class Ended:
    """How a process ended."""

    code: int
    output: str
    errors: str
    seconds: float


class Run:
    """A process that this script has started: alone, or mpirun with its ranks."""

    # How often mpirun has hung with all its ranks gone, after one that died as it connected: which is
    # Open MPI's affair.
    hung_launchers = 0

    def __init__(self, command, log, environment=None, stdout=None):
        self.log = pathlib.Path(log)
        self.began = time.monotonic()
        self.out = open(f"{self.log}.out", "wb") if stdout is None else stdout
        self.err = open(f"{self.log}.err", "wb")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.out,
            stderr=self.err,
            env=environment_with(environment),
            start_new_session=True,
        )
        self.pid = self.process.pid
        self.recorded = {self.pid: start_time(self.pid)}

    def ranks(self):
        """The process ids of the ranks, which are recorded."""
        children = sorted(descendants(self.pid))
        for pid in children:
            self.recorded.setdefault(pid, start_time(pid))
        return [pid for pid in children if name_of(pid) == "lungfold"]

    def text(self):
        return read(f"{self.log}.out")

    def wait_for(self, condition, limit=60):
        """Waits until something is so, or the process has ended, or the time is over."""
        end = time.monotonic() + limit
        while time.monotonic() < end and self.process.poll() is None:
            self.ranks()
            if condition():
                return True
            time.sleep(0.005)
        return condition()

    def signal(self, pid, number):
        """Signals a process that is recorded and still the same."""
        if self.recorded.get(pid) is not None and start_time(pid) == self.recorded[pid]:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def end(self, limit=60):
        """Waits for the end of the process and of its ranks; kills what hangs, and says so."""
        hung = False
        try:
            self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.ranks()
            is_mpiruns = "PMIX ERROR: UNREACHABLE" in read(f"{self.log}.err")
            hung = not (is_mpiruns and self.living() == [self.pid])
            Run.hung_launchers += not hung
            for pid in self.recorded:
                self.signal(pid, 9)
            self.process.wait(10)
        end = time.monotonic() + 10
        while self.living() and time.monotonic() < end:
            time.sleep(0.05)
        orphans = self.living()
        for pid in orphans:
            self.signal(pid, 9)
        code = -1 if hung or orphans else self.process.returncode
        return Ended(
            code if code >= -1 else 128 - code,
            self.text(),
            read(f"{self.log}.err") + (" HUNG" if hung else "") + (" ORPHANS" if orphans else ""),
            time.monotonic() - self.began,
        )

    def living(self):
        return [p for p, start in self.recorded.items() if start and start_time(p) == start]


class Study:
    """A study's command and the folder it writes to."""

    def __init__(self, program, data, scratch, options):
        self.program, self.data, self.scratch = program, data, scratch
        self.options = options.split()
        self.preparing = threading.Lock()
        self.oracle = None  # digests, seconds and folder of the undisturbed run
        self.numbers = itertools.count(1)  # which several threads may take from

    def arguments(self, folder, more=()):
        return [
            str(self.program), "study", "--images", f"{self.data}/{IMAGES}",
            "--labels", f"{self.data}/{LABELS}", "--output", str(folder),
            "--image-size", "32", "--filters", "4", "--depth", "2",
            *self.options, *more,
        ]

    def folder(self):
        """A folder that is not there yet."""
        return self.scratch / f"study-{os.getpid()}-{id(self) % 9999}-{next(self.numbers)}"

    def training(self, folder):
        """The command for the first SegNet of it alone."""
        given = self.arguments(folder)
        kept = given[2 : given.index("--depth") + 2] + ["--epochs", given[given.index("--epochs") + 1]]
        return [
            given[0], "train", *kept, "--network", "segnet", "--task", "binary",
            "--experiment", "4", "--split", "fold1", "--threads", "1",
        ]

    def start(self, folder, **options):
        """Starts the command on a folder. The oracle is there by then, lest it is made while a fault is
        waited for."""
        self.undisturbed()
        return self.launch(folder, **options)

    def launch(
        self, folder, ranks=2, threads=1, environment=None, stdout=None, prefix=(), log="", more=()
    ):
        mpirun = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)]
        command = [
            *prefix, *(mpirun if ranks else []),
            *self.arguments(folder, ["--threads", str(threads), *more]),
        ]
        return Run(command, f"{folder}.log{log}", environment, stdout)

    def run(self, folder, limit=120, **options):
        return self.start(folder, **options).end(limit)

    def undisturbed(self):
        """Runs the study undisturbed, on one rank and when it is first asked for: the oracle."""
        with self.preparing:
            if not self.oracle:
                folder = self.folder()
                ended = self.launch(folder, ranks=1).end(120)
                if ended.code != 0:
                    raise SystemExit(f"the undisturbed run failed: {ended.code} {ended.errors}")
                self.oracle = digests(folder), ended.seconds, folder
            return self.oracle

    @property
    def reference(self):
        return self.undisturbed()[0]

    @property
    def seconds(self):
        return self.undisturbed()[1]

    @property
    def finished(self):
        return self.undisturbed()[2]

    def start_seconds(self):
        """How long one start of the program with MPI takes at this moment."""
        begin = time.monotonic()
        subprocess.run([self.program, "doctor"], capture_output=True, check=False)
        return time.monotonic() - begin

    def loss(self, folder, ranks=2, threads=1, environment=None, before=None, epochs=1):
        """Runs the command again until it is through; what is lost then, or None.

        `before`: the jobs that were finished before the fault, where it may have undone some.
        """
        before = finished_jobs(folder) if before is None else before
        ended = self.run(folder, ranks=ranks, threads=threads, environment=environment)
        if ended.code != 0:
            return f"the repeated command ended with {ended.code}: {ended.errors[:1500]}"
        return self.difference(folder, before, epochs)

    def difference(self, folder, before=(), epochs=1):
        """What of a finished folder differs from the undisturbed run's, or None. No job may have been
        finished twice, or have lost more than some epochs when it went on."""
        if again := undone(folder, before):
            return f"done again: {again}"
        if again := trained_again(folder, epochs):
            return f"trained again: {again}"
        if differing := self.differing(folder):
            return f"{differing[0]} differs from the undisturbed run's"
        if (folder / "lock").read_bytes():
            return "the lock was not given back"
        return None

    def differing(self, folder):
        """The files of a finished folder that are not the undisturbed run's."""
        mine = digests(folder)
        names = sorted(mine.keys() | self.reference.keys())
        return [name for name in names if mine.get(name) != self.reference.get(name)]

    def forget(self, folder):
        """Removes a folder and its logs: a trial without a loss leaves nothing."""
        shutil.rmtree(folder, ignore_errors=True)
        for log in folder.parent.glob(f"{folder.name}.log*"):
            log.unlink()


def digests(folder):
    """SHA-256 of every file that must be the same, by its path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and UNCOMPARED.isdisjoint(path.relative_to(folder).parts)
    }


def finished_jobs(folder):
    """When each finished job was finished."""
    return {p.parent.name: p.stat().st_mtime_ns for p in folder.glob("jobs/*/manifest.json")}


def undone(folder, before):
    """The jobs that were finished and are not, or have been finished anew."""
    after = finished_jobs(folder)
    return [job for job, mark in dict(before).items() if after.get(job) != mark]


def events(folder):
    """What the runs of a folder told, without lines that a kill has cut."""
    for line in read(folder / "events.jsonl").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            pass


def progress(folder):
    """The last epoch of each job that is begun and not finished."""
    reached = {}
    for event in events(folder):
        if event["event"] == "epochFinished":
            reached[event["job"]] = event["epoch"]
        elif event["event"] == "jobFinished":
            reached.pop(event["job"], None)
    return reached


def trained_again(folder, epochs):
    """The jobs that were finished twice, or went on from further back than some epochs: results have
    the same bytes then, and nothing else would show it."""
    reached, here, done, again = {}, set(), set(), set()
    for event in events(folder):
        job = event.get("job")
        if event["event"] == "runStarted":
            here = set()
        elif event["event"] == "epochFinished":
            # An epoch is told before its checkpoint is written.
            if job not in here and event["epoch"] + epochs <= reached.get(job, 0):
                again.add(f"{job} from epoch {event['epoch']} after {reached[job]}")
            here.add(job)
            reached[job] = event["epoch"]
        elif event["event"] == "jobFinished":
            if job in done:
                again.add(job)
            done.add(job)
    return sorted(again)


def read(path):
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except FileNotFoundError:
        return ""


def stat_fields(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return [text[text.index("(") + 1 : text.rindex(")")], *text[text.rindex(")") + 2 :].split()]


def start_time(pid):
    """When a process began, in the kernel's ticks: tells it from a later one of its number."""
    fields = stat_fields(pid)
    return fields[20] if fields and fields[1] not in "ZX" else None


def rank_of(pid):
    """Which rank a process is: their ids need not be in order."""
    try:
        words = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    name = b"OMPI_COMM_WORLD_RANK="
    return next((int(w.removeprefix(name)) for w in words if w.startswith(name)), None)


def name_of(pid):
    fields = stat_fields(pid)
    return fields[0] if fields else ""


def descendants(pid):
    """The processes below a process: ranks may be a daemon's children on another 'host'."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = stat_fields(entry)
            if fields:
                parents.setdefault(int(fields[2]), []).append(int(entry))
    found, queue = [], [pid]
    while queue:
        children = parents.get(queue.pop(), [])
        found += children
        queue += children
    return found
