import Glibc
import LungfoldStudy

/// The memory that reading may still take. What a small file unfolds into is taken from it before it is
/// allocated: an allocation that fails ends the program without a word about the file.
package struct MemoryBudget: Hashable, Sendable {
    /// Bytes that may still be taken.
    package private(set) var available: Int

    /// The most that there is on any machine.
    package static let maximumBytes = 16 << 30

    /// Makes a budget.
    package init(bytes: Int) { available = bytes }

    /// What is left of physical memory and of a limited address space, by half: slices are encoded,
    /// sent and trained on as well.
    /// - Parameters:
    ///   - memory: bytes that new allocations can get without swapping; nil if unknown.
    ///   - addressSpace: bytes that a limit still leaves; nil without one.
    package init(halfOf memory: Int?, addressSpace: Int?) {
        let halves = [memory, addressSpace].compactMap { $0.map { $0 / 2 } }
        available = max(halves.reduce(Self.maximumBytes, min), 0)
    }

    /// The budget of this process as its machine is now.
    package static func ofThisMachine() -> MemoryBudget {
        MemoryBudget(
            halfOf: freeMemory(inMeminfo: text(of: "/proc/meminfo")),
            addressSpace: freeAddressSpace())
    }

    /// Takes memory that is about to be allocated.
    /// - Parameters:
    ///   - bytes: how much.
    ///   - path: the file that it is for.
    ///   - purpose: what it is for, as in "needs 5 bytes of memory for ...".
    ///   - remedy: the next step.
    /// - Throws: `LungfoldError` (`badData`) when there is less.
    package mutating func take(
        _ bytes: Int, of path: String, for purpose: String, remedy: String
    ) throws {
        guard bytes <= available else {
            throw LungfoldError(
                .badData, path,
                "needs \(bytes) bytes of memory for \(purpose), and \(available) may be taken "
                    + "(half of what is free)",
                remedy: remedy)
        }
        available -= bytes
    }

    /// A product of sizes, `Int.max` where it is larger.
    package static func product(_ factors: Int...) -> Int {
        factors.reduce(1) { product, factor in
            let (value, overflow) = product.multipliedReportingOverflow(by: factor)
            return overflow ? .max : value
        }
    }

    /// The bytes of `MemAvailable`; nil where the text has none.
    package static func freeMemory(inMeminfo text: String) -> Int? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            .map { product($0, 1024) }
    }

    private static func freeAddressSpace() -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
            let bytes = Int(exactly: limit.rlim_cur)
        else { return nil }
        let pages = text(of: "/proc/self/statm").split(separator: " ").first.flatMap { Int($0) }
        return bytes - product(pages ?? 0, Int(getpagesize()))
    }

    /// The first 4 KiB of a file of /proc; nothing where there is none.
    private static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = max(read(descriptor, buffer.baseAddress, 4096), 0)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
