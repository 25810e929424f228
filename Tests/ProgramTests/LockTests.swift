import Foundation
import LungfoldImaging
import LungfoldRun
import LungfoldStudy
import Synchronization
import Testing

/// The lock where the kernel has none: what then tells is the file.
@Suite("locks without the kernel's", .timeLimit(.minutes(10))) struct LockTests {
    private let directory: RunDirectory
    private let terms: LockTerms

    init() throws {
        directory = RunDirectory(path: Scratch.path("locked"))
        try FileSystem.makeDirectory(directory.path)
        var terms = LockTerms()
        // Far apart: what another test keeps the cores or the disk busy with is not silence.
        terms.beat = 0.5
        terms.silence = 8
        terms.flock = { _, _ in ENOLCK }
        self.terms = terms
    }

    private func take(_ terms: LockTerms? = nil) throws -> DirectoryLock {
        try DirectoryLock(
            directory.lockFile, host: "here", terms: terms ?? self.terms, notice: { _ in })
    }

    /// Puts another file in the lock's place: an owner's sign of life cannot come in between.
    private func write(_ text: String) throws {
        try WholeFile.write(Array(text.utf8), to: directory.lockFile)
    }

    private var content: String {
        String(decoding: FileSystem.readIfAny(directory.lockFile), as: UTF8.self)
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let begin = ContinuousClock.now
        try body()
        return (ContinuousClock.now - begin) / .seconds(1)
    }

    @Test("of several that start at once one has it")
    func oneOfSeveral() {
        let endings = Mutex<[String]>([])
        let path = directory.lockFile
        var terms = self.terms
        terms.beat = 2
        for _ in 1...2 {
            Thread.detachNewThread { [terms] in
                do {
                    let lock = try DirectoryLock(
                        path, host: "here", terms: terms, notice: { _ in })
                    endings.withLock { $0.append("taken") }
                    // Until the other one has looked at the file.
                    while endings.withLock({ $0.count }) < 2 { usleep(50_000) }
                    lock.release()
                } catch {
                    let kind = (error as? LungfoldError)?.kind
                    endings.withLock { $0.append(kind == .cannotCreate ? "refused" : "\(error)") }
                }
            }
        }
        while endings.withLock({ $0.count }) < 2 { usleep(50_000) }
        let sorted = endings.withLock { $0.sorted() }
        #expect(sorted == ["refused", "taken"])
    }

    @Test("one that is held is refused, and its owner named")
    func held() throws {
        var terms = self.terms
        terms.beat = 2
        let lock = try take(terms)
        defer { lock.release() }
        let error = #expect(throws: LungfoldError.self) { _ = try take(terms) }
        #expect(error?.problem == "process \(getpid()) on here is at work here")
        #expect(DirectoryLock.holder(of: directory, terms: terms)?.pid == getpid())
    }

    @Test("a damaged one is not free before it has been silent for long enough")
    func damaged() throws {
        try write("{")
        let silence = terms.silence
        let waited = try seconds { try take().release() }
        #expect(waited >= silence)
        #expect(content.isEmpty)
    }

    @Test("who gives no sign of life does not hold it")
    func silent() throws {
        try write("")
        #expect(DirectoryLock.holder(of: directory, terms: terms) == nil)
        try write(#"{"host": "there", "pid": 1, "beat": 3}"#)
        #expect(DirectoryLock.holder(of: directory, terms: terms) == nil)
        // An error that tells of no lock tells of no owner either.
        var failing = terms
        failing.flock = { _, _ in EIO }
        #expect(DirectoryLock.holder(of: directory, terms: failing) == nil)
        failing.flock = { _, _ in EWOULDBLOCK }
        #expect(DirectoryLock.holder(of: directory, terms: failing)?.host == "there")
    }

    @Test("an owner that was taken for dead leaves its successor's record alone")
    func successor() throws {
        let lock = try take()
        let record = #"{"host": "there", "pid": 1, "beat": 3}"#
        try write(record)
        usleep(useconds_t(3 * terms.beat * 1e6))
        #expect(content == record)
        lock.release()
        #expect(content == record)
    }

    @Test("with the kernel's, an empty or damaged one is free at once")
    func kernels() throws {
        let lock = try take(LockTerms())
        #expect(DirectoryLock.holder(of: directory)?.host == "here")
        lock.release()
        #expect(DirectoryLock.holder(of: directory) == nil)
        try write("{")
        let again = try take(LockTerms())
        again.release()
        #expect(content.isEmpty)
    }
}

@Suite("the permission to write") struct PermissionTests {
    private let directory: RunDirectory

    init() throws {
        directory = RunDirectory(path: Scratch.path("permitted"))
        try FileSystem.makeDirectory(directory.path)
    }

    private func record(_ generation: Int) throws {
        try Data(#"{"generation": \#(generation)}"#.utf8)
            .write(to: URL(fileURLWithPath: directory.recordFile))
    }

    private func refusal(of generation: Int) -> LungfoldError? {
        #expect(throws: LungfoldError.self) {
            try WritePermission(directory: directory, generation: generation).check()
        }
    }

    @Test("folders of older versions have the number in run.json")
    func older() throws {
        #expect(refusal(of: 3)?.kind == .cannotCreate)
        try record(3)
        try WritePermission(directory: directory, generation: 3).check()
        #expect(refusal(of: 2)?.problem == "run 3 has taken over the folder from this run, 2")
    }

    @Test("an old run.json that is put back shuts nobody out")
    func putBack() throws {
        try GenerationFile(directory).write(4)
        try record(3)
        try WritePermission(directory: directory, generation: 4).check()
        #expect(refusal(of: 3)?.problem.hasPrefix("run 4 has taken over") == true)
    }

    @Test("an old view of the folder is waited out")
    func oldView() throws {
        let file = GenerationFile(directory)
        try file.write(3)
        let permission = WritePermission(directory: directory, generation: 4)
        #expect(refusal(of: 4)?.kind == .io)
        #expect(refusal(of: 4)?.subject == file.path)
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { try? file.write(4) }
        try permission.checkPatiently()
    }

    @Test("each start has a number higher than all before it")
    func next() throws {
        let file = GenerationFile(directory)
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        #expect(file.next(1, at: now) == 1)
        try file.write(6)
        #expect(file.next(3, at: now) == 7)
        #expect(file.next(9, at: now) == 9)
        try Data("{".utf8).write(to: URL(fileURLWithPath: file.path))
        #expect(file.next(3, at: now) == 1_800_000_000)
        #expect(refusal(of: 3)?.kind == .io)
    }
}
