import CLungfoldKernels

/// Memory of a CPU backend that lives as long as it: the arena, and small structures at fixed
/// addresses that the kernels read.
final class CPUMemory {
    private var regions: [(UnsafeMutableRawPointer, Int)] = []
    private var structures: [UnsafeMutableRawPointer] = []
    private(set) var byteCount = 0

    /// Zeroed memory of whole pages.
    func reserve(_ bytes: Int) throws -> UnsafeMutableRawPointer {
        guard let memory = lf_reserve(max(bytes, 64)) else { throw EngineError.memory(bytes) }
        regions.append((memory, max(bytes, 64)))
        byteCount += bytes
        return memory
    }

    func reserve<T>(_ type: T.Type, count: Int) throws -> UnsafeMutablePointer<T> {
        try reserve(count * MemoryLayout<T>.stride).bindMemory(to: type, capacity: count)
    }

    /// A C structure at a fixed address.
    func place<T: BitwiseCopyable>(_ value: T) -> UnsafeMutablePointer<T> {
        let pointer = UnsafeMutablePointer<T>.allocate(capacity: 1)
        pointer.initialize(to: value)
        structures.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }

    deinit {
        for (memory, bytes) in regions { lf_release(memory, bytes) }
        for structure in structures { structure.deallocate() }
    }
}

extension EngineError {
    static func memory(_ bytes: Int) -> EngineError {
        EngineError(
            "memory", "the system refuses \(bytes >> 20) MiB",
            remedy: "Take a smaller mini-batch or image, or fewer ranks on this host")
    }
}
