import ArgumentParser
import LungfoldRun

/// `lungfold doctor`
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Tells what this machine offers, and what stands in the way of speed.",
        discussion: """
            CPU and instruction set, OpenBLAS, MPI, threads and binding, GPU, memory, disk. Start it \
            like the study, so that it sees the same surroundings:

              lungfold doctor
              mpirun -n 2 --bind-to none lungfold doctor
            """)

    @OptionGroup var threads: ThreadsOption

    @Option(help: ArgumentHelp("The folder whose disk is looked at.", valueName: "DIR"))
    var output = "."

    func run() throws { try finish(Doctor(threads: threads.threads, output: output).run()) }
}
