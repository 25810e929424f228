import Foundation
import LungfoldImaging
import LungfoldRun
import LungfoldStudy
import Testing

@Suite struct ThreadChoiceTests {
    private let cores = ThreadChoice.Cores(bound: 8, share: 4, host: 8, ranks: 2)

    @Test func optionGoesBeforeVariablesAndCores() {
        let both = ["OMP_NUM_THREADS": "3,1", "SLURM_CPUS_PER_TASK": "5"]
        #expect(ThreadChoice(option: 2, environment: both, cores: cores).threads == 2)
        #expect(ThreadChoice(option: nil, environment: both, cores: cores).threads == 3)
        let slurm = ["OMP_NUM_THREADS": "", "SLURM_CPUS_PER_TASK": "2"]
        let choice = ThreadChoice(option: nil, environment: slurm, cores: cores)
        #expect(choice.threads == 2)
        #expect(choice.source == "SLURM_CPUS_PER_TASK")
        #expect(ThreadChoice(option: nil, environment: [:], cores: cores).threads == 4)
    }

    @Test func boundRankNamesTheFlag() {
        let bound = ThreadChoice.Cores(bound: 1, share: 1, host: 8, ranks: 2)
        let notes = ThreadChoice(option: nil, environment: [:], cores: bound).notes
        #expect(notes.count == 1)
        #expect(notes.first?.contains("--bind-to none") == true)
        let fitting = ThreadChoice.Cores(bound: 1, share: 1, host: 2, ranks: 2)
        #expect(ThreadChoice(option: nil, environment: [:], cores: fitting).notes == [])
    }

    @Test func tooManyThreadsAreSaid() {
        #expect(ThreadChoice(option: 8, environment: [:], cores: cores).notes.count == 1)
        #expect(ThreadChoice(option: 4, environment: [:], cores: cores).notes == [])
    }
}

@Suite struct ExperimentsFileTests {
    private func load(_ text: String) throws -> [NetworkKind: [Experiment]] {
        let path = Scratch.path("experiments.yaml")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try ExperimentsFile(path: path).load()
    }

    @Test func readsNumbersAndPlaces() throws {
        let experiments = try load(
            """
            segnet:
              - {number: 12, learning-rate: 2e-3, mini-batch: 6}
              - learning-rate: 0.5
                mini-batch: 1
            """)
        #expect(
            experiments == [
                .segnet: [
                    Experiment(number: 12, learningRate: 0.002, miniBatch: 6),
                    Experiment(number: 2, learningRate: 0.5, miniBatch: 1),
                ]
            ])
    }

    @Test(arguments: [
        "", "segnet:", "segnet: 3", "- 1", "segnet:\n  - 3",
        "segnet:\n  - {learning-rate: -1, mini-batch: 4}",
        "segnet:\n  - {learning-rate: .nan, mini-batch: 4}",
        "segnet:\n  - {learning-rate: 0.1, mini-batch: 0}",
        "segnet:\n  - {learning-rate: 0.1, mini-batch: 2.5}",
        "segnet:\n  - {number: 1, learning-rate: 0.1, mini-batch: 2}\n"
            + "  - {number: 1, learning-rate: 0.2, mini-batch: 2}",
    ])
    func refusesMistakes(_ text: String) {
        #expect { try load(text) } throws: { error in
            (error as? LungfoldError)?.kind == .badConfiguration
        }
    }
}

@Suite struct FileSystemTests {
    @Test func writesWholeAndReplaces() throws {
        let folder = Scratch.path("folder/a/b")
        try FileSystem.makeDirectory(folder)
        let path = "\(folder)/file"
        try WholeFile.write([1, 2, 3], to: path)
        try WholeFile.write([4], to: path)
        #expect(try FileSystem.read(path) == [4])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
    }

    @Test func aFolderThatHasVanishedIsNotBroughtBack() throws {
        let study = Scratch.path("study")
        let job = "\(study)/jobs/segnet-binary-e4-fold1"
        let error = #expect(throws: LungfoldError.self) {
            try FileSystem.makeDirectory(job, levels: 2)
        }
        #expect(error?.kind == .cannotCreate)
        #expect(!FileSystem.exists(study))
        try FileSystem.makeDirectory(study)
        try FileSystem.makeDirectory(job, levels: 2)
        #expect(FileSystem.isDirectory(job))
    }

    @Test func errorsNamePathAndReason() {
        #expect { try WholeFile.write([1], to: "/nowhere/file") } throws: { error in
            let error = error as? LungfoldError
            return error?.kind == .cannotCreate && error?.subject == "/nowhere/file"
                && error?.problem.contains("No such file") == true
        }
        #expect { try FileSystem.read("/nowhere/file") } throws: { error in
            (error as? LungfoldError)?.kind == .missingInput
        }
        #expect { try FileSystem.read("/", isInput: true) } throws: { error in
            (error as? LungfoldError)?.kind == .missingInput
        }
    }

    @Test func splitsPaths() {
        #expect(FileSystem.directory(of: "/a/b") == "/a")
        #expect(FileSystem.directory(of: "/a") == "/")
        #expect(FileSystem.directory(of: "a") == ".")
    }
}
