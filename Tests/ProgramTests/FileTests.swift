import Foundation
import LungfoldImaging
import LungfoldRun
import LungfoldStudy
import Testing

@Suite("reading and writing files") struct FileTests {
    /// A path that leads to itself: it cannot be opened, even by root, and is not missing.
    private func loop() throws -> String {
        let path = Scratch.path("loop")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
        return path
    }

    private func file(_ bytes: [UInt8]) throws -> String {
        let path = Scratch.path("file")
        try WholeFile.write(bytes, to: path)
        return path
    }

    private func failure(_ path: String, isInput: Bool) -> LungfoldError? {
        #expect(throws: LungfoldError.self) { _ = try FileSystem.read(path, isInput: isInput) }
    }

    @Test("one of our own files is missing where there is none, and else the disk is to blame")
    func own() throws {
        #expect(failure("/nowhere/file", isInput: false)?.kind == .missingInput)
        #expect(failure("/dev/null/file", isInput: false)?.kind == .missingInput)
        let path = try loop()
        #expect(failure(path, isInput: false)?.kind == .io)
        #expect(failure(path, isInput: false)?.subject == path)
        #expect(failure("/", isInput: false)?.kind == .io)
    }

    @Test("a file that the user names is the user's to mend")
    func input() throws {
        for path in ["/nowhere/file", try loop(), "/"] {
            let error = failure(path, isInput: true)
            #expect(error?.kind == .missingInput)
            #expect(error?.subject == path)
        }
    }

    @Test("a file that must not be written after all stays as it was")
    func permission() throws {
        let folder = Scratch.path("permission")
        try FileSystem.makeDirectory(folder)
        let path = "\(folder)/file"
        try WholeFile.write([1], to: path)
        func names() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder)
        }
        var unnamed: [String] = []
        let refusal = LungfoldError(.cannotCreate, path, "is another run's")
        #expect(throws: refusal) {
            try WholeFile.write([2], to: path) {
                unnamed = try names().filter(WholeFile.isTemporary)
                throw refusal
            }
        }
        #expect(unnamed.count == 1)
        #expect(try names() == ["file"])
        #expect(FileSystem.readIfAny(path) == [1])
    }

    @Test("a pipe that nobody writes to is not waited for", .timeLimit(.minutes(10)))
    func pipe() throws {
        let path = Scratch.path("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        for isInput in [false, true] {
            #expect(failure(path, isInput: isInput)?.problem == "is not a regular file")
        }
    }

    @Test("a file over the limit is refused, and its size and the limit are named")
    func limit() throws {
        let path = try file(Array(repeating: 7, count: 10))
        #expect(try FileSystem.read(path, atMost: 10).count == 10)
        let error = #expect(throws: LungfoldError.self) {
            _ = try FileSystem.read(path, atMost: 9)
        }
        #expect(error?.kind == .badData)
        #expect(error?.problem.contains("10 bytes") == true)
        #expect(error?.problem.hasSuffix("is 9") == true)
    }

    @Test("a sealed file of another length is refused before it takes up memory")
    func seal() throws {
        let content = Array("content".utf8)
        let path = try file(Seal.header(of: content) + content)
        #expect(try Seal.read(path) == content)
        for size in [20 << 30, 30, 24, 3, 0] {
            #expect(truncate(path, off_t(size)) == 0)
            let error = #expect(throws: LungfoldError.self) { _ = try Seal.read(path) }
            #expect(error?.kind == .badData)
            #expect(error?.subject == path)
        }
    }

    @Test("half-written files of this version and of older ones are known by their names")
    func temporaries() {
        for name in [".run.json.4711.tmp", ".checkpoint-a.1.tmp", ".run.json.4711.9f3a77c2.tmp"] {
            #expect(WholeFile.isTemporary(name), "\(name)")
        }
        for name in ["run.json", ".tmp", ".4711.tmp", "x.4711.tmp", ".x.csv.tmp"] {
            #expect(!WholeFile.isTemporary(name), "\(name)")
        }
    }

    @Test("another process of the same number keeps its half-written file")
    func sameNumber() throws {
        let folder = Scratch.path("shared")
        try FileSystem.makeDirectory(folder)
        let others = ".file.\(getpid()).tmp"
        try Data("half".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(others)"))
        try WholeFile.write([1], to: "\(folder)/file")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                == [others, "file"])
    }
}

/// Fewer than 1000 bytes that stand for hundreds of millions of nodes, as the key of a mapping.
private let bomb: String = {
    var text = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for (last, next) in zip("abcdefgh", "bcdefghi") {
        let list = Array(repeating: "*\(last)", count: 9).joined(separator: ", ")
        text += "\(next): &\(next) [\(list)]\n"
    }
    return text + "? *i\n: 1\n"
}()

@Suite("YAML's anchors and aliases") struct AnchorTests {
    private func load(_ text: String) throws -> [NetworkKind: [Experiment]] {
        let path = Scratch.path("experiments.yaml")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try ExperimentsFile(path: path).load()
    }

    @Test(
        "are refused, wherever they hide", .timeLimit(.minutes(10)),
        arguments: [
            (bomb, 1), ("segnet:\n  - &a 1\n", 2), ("segnet: [*a]", 1),
            ("# c\u{2028}segnet: &a 1", 2), ("# c\rsegnet: &a 1", 2),
            // A line that begins as a comment and ends a quotation.
            ("? \"x\n# \" : &a 1\n", 2), ("it's: 1\n# &\n", 2),
        ])
    func refused(_ text: String, line: Int) {
        let error = #expect(throws: LungfoldError.self) { _ = try load(text) }
        #expect(error?.kind == .badConfiguration)
        #expect(error?.subject.hasSuffix(".yaml:\(line)") == true, "\(error?.subject ?? "")")
        #expect(error?.problem.contains("anchor") == true)
    }

    @Test("comments may have their signs")
    func comments() throws {
        let experiments = try load(
            """
            # Rates & sizes: don't take more than 2 * these.
            segnet: # and * here
              - {learning-rate: 0.5, mini-batch: 1} # & here
            """)
        #expect(
            experiments == [.segnet: [Experiment(number: 1, learningRate: 0.5, miniBatch: 1)]])
    }

    @Test("a file of more than 64 KB is refused")
    func large() {
        let error = #expect(throws: LungfoldError.self) {
            _ = try load(String(repeating: "# a comment\n", count: 6000))
        }
        #expect(error?.kind == .badConfiguration)
        #expect(error?.problem.contains("72000 bytes") == true)
    }
}
