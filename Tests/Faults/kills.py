"""Processes that are killed, stopped and signalled."""

import json
import random
import re
import signal
import time

from study import Run, digests, finished_jobs, progress, rank_of, read, undone


def moment(study, dice: random.Random):
    """A time within a run, its start and end included."""
    return dice.uniform(0, 1.1 * study.seconds)


def killed(study, folder, dice, whom):
    """Starts the study on two ranks and kills a process of it at a random moment."""
    run = study.start(folder, ranks=2)
    run.wait_for(lambda: False, moment(study, dice))
    ranks = run.ranks()
    victim = run.pid if whom == "mpirun" or not ranks else dice.choice(ranks)
    run.signal(victim, signal.SIGKILL)
    return run.end()


def kill_nine(whom):
    """Kill -9 of a random rank or of mpirun; every third resume is killed again."""

    def trials(scale, dice, study):
        counts = (2, 20, 100) if whom == "rank" else (1, 5, 50)
        for _ in range(scale(*counts)):
            folder, before, loss = study.folder(), {}, None
            while not loss:
                ended = killed(study, folder, dice, whom)
                if ended.code == -1:
                    loss = f"ended badly: {ended.errors[-300:]}"
                elif again := undone(folder, before):
                    loss = f"done again: {again}"
                before.update(finished_jobs(folder))
                if dice.random() >= 0.3:
                    break
            loss = loss or study.loss(folder, ranks=dice.choice([1, 2, 3]), before=before)
            yield loss
            if not loss:
                study.forget(folder)

    return trials


def usr1(scale, dice, study):
    """USR1 to mpirun: saves, and ends with 75 within 30 s."""
    for _ in range(scale(2, 10, 50)):
        folder = study.folder()
        run = study.start(folder, ranks=2)
        # Before the ranks have their handlers, a signal is mpirun's own affair.
        run.wait_for(lambda: "starts on rank" in run.text())
        run.wait_for(lambda: False, dice.uniform(0, study.seconds / 2))
        run.signal(run.pid, signal.SIGUSR1)
        ended = run.end(30)
        loss = None if ended.code in (0, 75) else f"ended with {ended.code}: {ended.errors[-300:]}"
        if ended.code == 0:  # too late to stop anything
            loss = study.difference(folder)
        yield loss or study.loss(folder, ranks=dice.choice([1, 2, 3]))
        study.forget(folder)


def terminating(scale, dice, study):
    """TERM, INT, INT twice and HUP to mpirun."""
    kinds = [[signal.SIGTERM], [signal.SIGINT], [signal.SIGINT] * 2, [signal.SIGHUP]]
    for index in range(scale(1, 8, 40)):
        folder = study.folder()
        run = study.start(folder, ranks=2)
        run.wait_for(lambda: False, moment(study, dice))
        run.ranks()
        for number in kinds[index % len(kinds)]:
            run.signal(run.pid, number)
            run.wait_for(lambda: False, 0.3)
        ended = run.end(30)
        loss = f"ended badly: {ended.errors[-300:]}" if ended.code == -1 else None
        yield loss or study.loss(folder)
        study.forget(folder)


# Shortened limits, and the note's bounds by them: a rank is named within 90 s and the run ended within
# 150 s. Rank 0 is missed by the others when it has been silent for 5 minutes.
SHORTENED = 0.03
NAMED, ENDED, MISSED = 90 * SHORTENED, 150 * SHORTENED, 300 * SHORTENED


def stopped_rank(scale, dice, study):
    """SIGSTOP of a rank at work: named with host and job, and the run ended, within the bounds.
    Stopped before there is a job, as the last one ends, or while rank 0 writes the report, it does not
    hang the run either."""
    few = ["job", "job", "start", "end", "report"]
    moments = scale(few[:1], few, ["job"] * 12 + few[2:] * 4)
    for index, moment_of in enumerate(moments):
        victim = 1 if moment_of != "job" else 1 - index % 2
        folder = study.folder()
        slow = study.start_seconds()
        run = study.start(folder, ranks=2, environment={"LUNGFOLD_LIMITS": str(SHORTENED)})
        signs = {
            "job": lambda: all(f"starts on rank {rank} " in run.text() for rank in (0, 1)),
            "start": lambda: (folder / "study.json").exists(),
            "end": lambda: re.search(r"; (\d+) of \1 jobs", run.text()),
            "report": lambda: (folder / "report").exists(),
        }
        begun = run.wait_for(signs[moment_of])
        job = re.search(rf"(\S+) starts on rank {victim} \((\S+)\)", run.text())
        stopped = [pid for pid in run.ranks() if rank_of(pid) == victim]
        begin = time.monotonic()
        for pid in stopped:
            run.signal(pid, signal.SIGSTOP)
        named = named_after(run, begin, job if moment_of == "job" else None, victim)
        ended = run.end(60)
        seconds = time.monotonic() - begin
        # Signs of life are judged by a busy machine, and mpirun takes two seconds to end ranks.
        allowed, last = 1 + 3 * slow, 2 + 6 * slow
        loss = None
        if not begun or not stopped:
            loss = f"no rank was stopped: {ended.code}: {ended.errors[-300:]}"
        elif ended.code == -1:
            loss = f"{moment_of}, rank {victim} stopped: {ended.errors[-300:]}"
        elif moment_of == "start":
            # It has not joined the others, which are patient with it.
            if ended.code == 0 or seconds > MISSED + ENDED + last or "rank 1 on" not in ended.errors:
                loss = f"start: ended with {ended.code} after {seconds:.1f} s: {ended.errors[-300:]}"
        elif moment_of in ("end", "report"):
            # The report is rank 0's: it may be written all the same.
            if seconds > MISSED + ENDED + last + study.seconds:
                loss = f"{moment_of}: ended with {ended.code} after {seconds:.1f} s: {ended.errors[-300:]}"
        elif ended.code == 0 or named is None:
            loss = f"ended with {ended.code}, rank {victim} not named: {ended.errors[-300:]}"
        elif named > (NAMED if victim else MISSED) + allowed:
            loss = f"rank {victim} named after {named:.1f} s"
        elif seconds > (ENDED if victim else MISSED + 30 * SHORTENED) + allowed + last:
            loss = f"rank {victim} stopped: ended after {seconds:.1f} s"
        yield loss or study.loss(folder)
        study.forget(folder)


def named_after(run, begin, job, victim):
    """When a stopped rank was named with its host and job: seconds, or None."""
    if job is None:
        return None
    words = "no sign of life" if victim else "nothing heard from rank 0"
    who = rf"rank 1 on {re.escape(job[2])}" + (r", job \S+-e\d+-\S+" if victim else "")
    pattern = re.compile(rf"{who}: {words} for \d+ s")
    found = run.wait_for(lambda: pattern.search(read(f"{run.log}.err")))
    return time.monotonic() - begin if found else None


def faults(scale, dice, study):
    """A rank that a fault ends at random: the run ends, and the command goes on."""
    for _ in range(scale(1, 4, 20)):
        folder = study.folder()
        run = study.start(folder, ranks=2)
        run.wait_for(lambda: "starts on rank" in run.text())
        run.wait_for(lambda: False, dice.uniform(0, study.seconds / 2))
        ranks = run.ranks()
        if ranks:
            run.signal(dice.choice(ranks), dice.choice([signal.SIGSEGV, signal.SIGABRT]))
        ended = run.end()
        loss = f"ended badly: {ended.errors[-300:]}" if ended.code == -1 else None
        yield loss or study.loss(folder)
        study.forget(folder)


def poison(scale, dice, study):
    """A job that crashes its rank each time it starts: set aside after the second time."""
    for _ in range(scale(0, 1, 3)):
        folder = study.folder()
        # Large enough to be far from its first checkpoint.
        larger = ["--image-size", "256", "--filters", "64"]
        loss = None
        for _ in range(2):
            run = study.start(folder, ranks=None, more=larger)
            if not run.wait_for(
                lambda: "starts on rank" in run.text() and list(folder.glob("jobs/*/attempts"))
            ):
                loss = "no job was begun"
            run.wait_for(lambda: False, 0.2)
            run.signal(run.pid, signal.SIGSEGV)
            run.end()
        ended = study.run(folder, ranks=1, more=larger)
        if ended.code != 3 or "set aside" not in ended.output:
            loss = loss or f"ended with {ended.code}: {ended.output[-300:]} {ended.errors[-300:]}"
        yield loss
        study.forget(folder)


def not_a_number(scale, dice, study):
    """A loss that is no number in half of the jobs: recorded with its epoch, and the rest is done."""
    for _ in range(scale(0, 1, 3)):
        folder = study.folder()
        file = folder.with_suffix(".yaml")
        rates = "".join(
            f"{network}:\n  - {{number: 4, learning-rate: {rate}, mini-batch: {batch}}}\n"
            "  - {number: 5, learning-rate: 1e30, mini-batch: 2}\n"
            for network, rate, batch in (("segnet", "1e-3", 4), ("unet", "5e-4", 2))
        )
        file.write_text(rates)
        more = ["--experiments", "4,5", "--experiments-file", str(file)]
        loss = None
        for ranks in (2, 1):
            ended = study.run(folder, ranks=ranks, more=more)
            if ended.code != 3:
                loss = loss or f"ended with {ended.code}: {ended.errors[-300:]}"
        failures = list(folder.glob("jobs/*-e5-*/failure.json"))
        reasons = [json.loads(path.read_text())["reason"] for path in failures]
        if len(failures) != 4 or any("in epoch 1," not in reason for reason in reasons):
            loss = loss or f"{len(failures)} failures: {reasons[:1]}"
        mine = {k: v for k, v in digests(folder).items() if k.startswith("jobs/") and "-e4-" in k}
        due = {k: v for k, v in study.reference.items() if k.startswith("jobs/")}
        if mine != due:
            loss = loss or "the other jobs' files differ from the undisturbed run's"
        page = (folder / "report" / "index.html").read_text()
        if not loss and not all(path.parent.name in page for path in failures):
            loss = "the report does not name the jobs that failed"
        yield loss
        file.unlink()
        study.forget(folder)


def ranks_and_threads(scale, dice, study):
    """Any number of ranks and threads; and killed in the middle, gone on with others of both."""
    shapes = [(ranks, threads) for ranks in (1, 2, 3, 4) for threads in (1, 2)]
    for ranks, threads in shapes[: scale(1, 8, 8)]:
        folder = study.folder()
        ended = study.run(folder, ranks=ranks, threads=threads)
        yield f"{ranks} ranks: {ended.errors[-300:]}" if ended.code else study.difference(folder)
        study.forget(folder)
    for ranks, threads in dice.sample(shapes, scale(1, 5, 8)):
        folder = study.folder()
        run = study.start(folder, ranks=ranks, threads=threads)
        # A job is finished, and another is begun.
        middle = run.wait_for(lambda: finished_jobs(folder) and progress(folder))
        run.signal(dice.choice(run.ranks() or [run.pid]), signal.SIGKILL)
        ended = run.end()
        loss = None
        if not middle or ended.code in (-1, 0):
            loss = f"{ranks} ranks: not killed in the middle: {ended.code}: {ended.errors[-300:]}"
        yield loss or study.loss(folder, ranks=5 - ranks, threads=3 - threads)
        study.forget(folder)


def paper(scale, dice, study):
    """The paper's protocol, killed in its hold-out stage and again in the folds of the best."""
    epochs = int(study.options[study.options.index("--epochs") + 1])
    for index in range(scale(0, 3, 20)):
        folder, before, loss = study.folder(), {}, None
        for stage in ("holdout", "fold"):
            run = study.start(folder, ranks=2)
            # In the stage's first half: without mpirun, ranks go on for a moment.
            epoch = dice.randrange(1, epochs // 2)
            run.wait_for(lambda: reached(folder, stage) >= epoch)
            whom = run.ranks() if index % 3 else [run.pid]
            run.signal(dice.choice(whom or [run.pid]), signal.SIGKILL)
            ended = run.end()
            if ended.code in (-1, 0):
                loss = loss or f"not killed in stage {stage}: {ended.code}: {ended.errors[-300:]}"
            elif again := undone(folder, before):
                loss = loss or f"stage {stage}: done again: {again}"
            before.update(finished_jobs(folder))
        yield loss or study.loss(folder, ranks=dice.choice([1, 2, 3]), before=before)
        study.forget(folder)


def reached(folder, stage):
    """The last epoch of the jobs of a stage of the paper's protocol that are at work; 0 if none is."""
    return max((epoch for job, epoch in progress(folder).items() if f"-{stage}" in job), default=0)


def together(scale, dice, study):
    """Two runs started together on one folder: one has it, the other is refused or comes after."""
    for _ in range(scale(2, 20, 100)):
        folder = study.folder()
        runs = [study.start(folder, ranks=None, log=log) for log in ("first", "second")]
        ended = [run.end() for run in runs]
        codes = sorted(e.code for e in ended)
        refused = [e for e in ended if e.code == 73]
        # Five seconds, and what a start takes on this machine just now.
        limit = 5 + 5 * study.start_seconds()
        loss = None
        if codes not in ([0, 0], [0, 73]):
            loss = f"codes {codes}: {[e.errors[-200:] for e in ended]}"
        elif any("is at work here" not in e.errors or e.seconds > limit for e in refused):
            loss = f"refused later than {limit:.1f} s or without a name: {refused}"
        yield loss or study.difference(folder)
        study.forget(folder)


def trainings_together(scale, dice, study):
    """The same of `lungfold train`: one result, and the other refused."""
    for _ in range(scale(0, 4, 20)):
        folder = study.folder()
        runs = [
            Run(study.training(folder), f"{folder}.log{number}") for number in ("first", "second")
        ]
        ended = [run.end() for run in runs]
        codes = sorted(e.code for e in ended)
        loss = f"codes {codes}: {[e.errors[-200:] for e in ended]}" if codes != [0, 73] else None
        refused = [e for e in ended if e.code == 73]
        # At once by the lock, or, when the first one was through by then, by its result.
        reasons = ("is at work here", "holds the result of a finished job")
        if any(not any(reason in e.errors for reason in reasons) for e in refused):
            loss = f"refused without a name: {refused}"
        job, weights = "jobs/segnet-binary-e4-fold1", "weights-best.safetensors"
        whole = (study.finished / job / weights).read_bytes()
        if not loss and (folder / weights).read_bytes() != whole:
            loss = f"{weights} differs from the study's"
        yield loss
        study.forget(folder)


def stopped_owner(scale, dice, study):
    """The owner of the lock is stopped: a second run is refused; continued, the first one ends."""
    for _ in range(scale(1, 2, 10)):
        folder = study.folder()
        run = study.start(folder, ranks=None)
        run.wait_for(lambda: "starts on rank" in run.text())
        run.signal(run.pid, signal.SIGSTOP)
        second = study.start(folder, ranks=None, log="second").end()
        run.signal(run.pid, signal.SIGCONT)
        first = run.end()
        loss = None
        if second.code != 73 or str(run.pid) not in second.errors:
            loss = f"the second run ended with {second.code}: {second.errors[-300:]}"
        elif first.code != 0:
            loss = f"the first run ended with {first.code}: {first.errors[-300:]}"
        yield loss or study.difference(folder)
        study.forget(folder)
