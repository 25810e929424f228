"""Processes that are killed, stopped and signalled."""

import random
import signal


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
            folder = study.folder()
            ended = killed(study, folder, dice, whom)
            while ended.code != -1 and dice.random() < 0.3:
                ended = killed(study, folder, dice, whom)
            loss = f"ended badly: {ended.errors[-300:]}" if ended.code == -1 else None
            loss = loss or study.loss(folder, ranks=dice.choice([1, 2, 3]))
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
        ok = ended.code == 75 or (ended.code == 0 and "Report:" in ended.output)
        loss = None if ok else f"ended with {ended.code}: {ended.errors[-300:]}"
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


def stopped_rank(scale, dice, study):
    """SIGSTOP of a rank: named with host and job, and the run ended (limits shortened)."""
    limits = {"LUNGFOLD_LIMITS": "0.03"}
    for index in range(scale(1, 2, 20)):
        folder = study.folder()
        run = study.start(folder, ranks=2, environment=limits)
        run.wait_for(lambda: "starts on rank 1" in run.text())
        ranks = run.ranks()
        if len(ranks) == 2:
            run.signal(ranks[1 - index % 2], signal.SIGSTOP)
        ended = run.end(60)
        named = "sign of life" in ended.errors or "nothing heard from rank 0" in ended.errors
        finished = ended.code == 0 and index % 2 == 1
        loss = None
        if ended.code in (-1, 0) and not finished or not (named or finished):
            loss = f"ended with {ended.code}, rank not named: {ended.errors[-300:]}"
        yield loss or study.loss(folder)
        study.forget(folder)


def poisoned(scale, dice, study):
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


def ranks_and_threads(scale, dice, study):
    """Any number of ranks and threads; stopped in the middle, and gone on with others."""
    shapes = [(ranks, threads) for ranks in (1, 2, 3, 4) for threads in (1, 2)]
    for ranks, threads in shapes[: scale(2, 8, 8)]:
        folder = study.folder()
        ended = study.run(folder, ranks=ranks, threads=threads)
        yield f"{ranks} ranks: {ended.errors[-300:]}" if ended.code else study.difference(folder)
        study.forget(folder)


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
        elif any("running a study here" not in e.errors or e.seconds > limit for e in refused):
            loss = f"refused later than {limit:.1f} s or without a name: {refused}"
        yield loss or study.difference(folder)
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
