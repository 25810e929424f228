import CLungfoldKernels

/// A network's tensors in the kernels' layouts, with gradients and Adam's moments where it trains:
/// one piece of memory, freed with the store.
final class ParameterStore {
    /// The arrays a training store keeps for every tensor.
    enum Array: Int {
        case value, gradient, first, second
    }

    private let plan: Plan
    private let memory: UnsafeMutableRawPointer
    private let byteCount: Int
    private let offsets: [Int]
    private let total: Int

    init(_ plan: Plan) throws {
        self.plan = plan
        var offsets: [Int] = []
        var total = 0
        for layout in plan.layouts {
            offsets.append(total)
            total += Channels.pad(layout.count)
        }
        self.offsets = offsets
        self.total = total
        let arrays = plan.purpose == .training ? 4 : 1
        byteCount = total * arrays * MemoryLayout<Float>.stride
        guard let memory = lf_reserve(byteCount) else { throw EngineError.memory(byteCount) }
        self.memory = memory
    }

    deinit { lf_release(memory, byteCount) }

    /// The memory of a tensor.
    func pointer(_ tensor: Int, _ array: Array = .value) -> UnsafeMutablePointer<Float> {
        memory.assumingMemoryBound(to: Float.self) + array.rawValue * total + offsets[tensor]
    }

    func count(_ tensor: Int) -> Int { plan.layouts[tensor].count }

    func write(_ weights: WeightTensor, to tensor: Int, _ array: Array = .value) {
        let to = pointer(tensor, array)
        let from = weights.values
        plan.layouts[tensor].forEachPlace { index, place in to[place] = from[index] }
    }

    func read(_ tensor: Int, _ array: Array = .value) -> WeightTensor {
        let from = pointer(tensor, array)
        let count = plan.tensors[tensor].count
        let values = [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            plan.layouts[tensor].forEachPlace { index, place in buffer[index] = from[place] }
            filled = count
        }
        return WeightTensor(shape: plan.tensors[tensor].shape, values: values)
    }
}
