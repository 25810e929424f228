import CLungfoldKernels
import LungfoldEngine
import Testing

/// Memory and threads for calls of the kernels. Every buffer is aligned to a cache line, ends in a
/// fence that no kernel may touch, and is freed with the bench.
final class Bench {
    let kernels: OpaquePointer
    let threads: Int
    private var buffers: [(start: UnsafeMutableRawPointer, bytes: Int)] = []

    private static let fence = 256
    private static let fenceByte: UInt8 = 0xa5

    /// - Throws: cancels the test where the CPU lacks the instruction set.
    init(_ set: InstructionSet, threads: Int = 1) throws {
        guard let kernels = lf_kernels_named(set.rawValue) else {
            try Test.cancel("this CPU lacks \(set.rawValue)")
        }
        self.kernels = kernels
        self.threads = threads
    }

    deinit { for buffer in buffers { buffer.start.deallocate() } }

    /// A buffer of copies of a value.
    func buffer<T: BitwiseCopyable>(_ count: Int, of value: T) -> UnsafeMutablePointer<T> {
        let bytes = count * MemoryLayout<T>.stride
        let start = UnsafeMutableRawPointer.allocate(byteCount: bytes + Self.fence, alignment: 64)
        (start + bytes).initializeMemory(
            as: UInt8.self, repeating: Self.fenceByte, count: Self.fence)
        buffers.append((start, bytes))
        let typed = start.bindMemory(to: T.self, capacity: count)
        typed.initialize(repeating: value, count: count)
        return typed
    }

    func buffer<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
        guard let first = values.first else { preconditionFailure("an empty buffer") }
        let made = buffer(values.count, of: first)
        made.update(from: values, count: values.count)
        return made
    }

    /// A structure at a fixed address.
    func place<T: BitwiseCopyable>(_ value: T) -> UnsafePointer<T> {
        UnsafePointer(buffer(1, of: value))
    }

    /// Runs an operation with a team of threads, then looks at the fences.
    func run(
        scratchBytes: Int = 0, sourceLocation: SourceLocation = #_sourceLocation,
        _ operation: (_ pool: OpaquePointer) -> Void
    ) throws {
        let pool = try #require(lf_pool_create(Int32(threads), scratchBytes))
        operation(pool)
        lf_pool_destroy(pool)
        let broken = buffers.contains { start, bytes in
            UnsafeRawBufferPointer(start: start + bytes, count: Self.fence)
                .contains { $0 != Self.fenceByte }
        }
        #expect(!broken, "a kernel wrote behind a buffer", sourceLocation: sourceLocation)
    }

    // MARK: Maps in memory

    func pack(_ maps: Maps, _ lanes: Lanes? = nil) -> UnsafeMutablePointer<Float> {
        let lanes = lanes ?? Lanes(maps.channels)
        let places = lanes.places
        let memory = buffer(maps.batch * maps.height * maps.width * lanes.padded, of: Float(0))
        for (index, value) in maps.values.enumerated() {
            let pixel = index / maps.channels
            memory[pixel * lanes.padded + places[index % maps.channels]] = Float(value)
        }
        return memory
    }

    /// Reads maps of the shape of `like`; the padding lanes must hold 0.
    func unpack(
        _ memory: UnsafeMutablePointer<Float>, like: Maps, _ lanes: Lanes? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Maps {
        let lanes = lanes ?? Lanes(like.channels)
        let places = lanes.places
        let padding = Set(0..<lanes.padded).subtracting(places)
        let pixels = like.batch * like.height * like.width
        let clean = (0..<pixels).allSatisfy { pixel in
            padding.allSatisfy { memory[pixel * lanes.padded + $0] == 0 }
        }
        #expect(clean, "padding lanes hold other values than 0", sourceLocation: sourceLocation)
        var maps = like
        for index in maps.values.indices {
            let pixel = index / like.channels
            let at = pixel * lanes.padded + places[index % like.channels]
            maps.values[index] = Double(memory[at])
        }
        return maps
    }

    /// Values by channel, such as a scale, with 0 in the padding lanes.
    func vector(_ values: [Double]) -> UnsafeMutablePointer<Float> {
        let memory = buffer(Lanes.pad(values.count), of: Float(0))
        for (c, value) in values.enumerated() { memory[c] = Float(value) }
        return memory
    }

    // MARK: Weights in memory

    /// [rows][columns][in][out], or for transposed convolutions [rows][in][columns][out].
    func pack(_ filters: Filters, _ input: Lanes, _ output: Lanes, transposed: Bool = false)
        -> UnsafeMutablePointer<Float>
    {
        let places = Self.places(filters, input, output, transposed: transposed)
        let count = filters.kernel * filters.kernel * input.padded * output.padded
        let memory = buffer(count, of: Float(0))
        for (place, value) in zip(places, filters.values) { memory[place] = Float(value) }
        return memory
    }

    func unpack(
        _ memory: UnsafeMutablePointer<Float>, like: Filters, _ input: Lanes, _ output: Lanes,
        transposed: Bool = false
    ) -> Filters {
        var filters = like
        filters.values = Self.places(like, input, output, transposed: transposed).map {
            Double(memory[$0])
        }
        return filters
    }

    private static func places(
        _ filters: Filters, _ input: Lanes, _ output: Lanes, transposed: Bool
    ) -> [Int] {
        let inputs = input.places
        let outputs = output.places
        return filters.values.indices.map { index in
            let at = filters.place(index)
            let matrix =
                transposed
                ? (at.row * input.padded + inputs[at.i]) * filters.kernel + at.column
                : (at.row * filters.kernel + at.column) * input.padded + inputs[at.i]
            return matrix * output.padded + outputs[at.o]
        }
    }
}
