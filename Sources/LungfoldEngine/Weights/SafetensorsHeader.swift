/// The JSON header of a safetensors file: where each tensor's bytes lie.
struct SafetensorsHeader {
    /// A tensor as the header describes it; byte offsets count from the header's end.
    struct Entry {
        var name: String
        var shape: [Int]
        var begin: Int
        var byteCount: Int
    }

    var entries: [Entry] = []
    var metadata: [String: String] = [:]

    /// Checks that the tensors cover the data exactly: no overlap, no hole, nothing left over.
    func checkCoverage(ofDataBytes count: Int, file: String) throws {
        var covered = 0
        for entry in entries.sorted(by: { ($0.begin, $0.byteCount) < ($1.begin, $1.byteCount) }) {
            guard entry.begin == covered else {
                let fault =
                    entry.begin < covered ? "overlaps the tensor before it" : "leaves a hole"
                throw EngineError(
                    file,
                    "tensor '\(entry.name)' starts at byte \(entry.begin) where \(covered) was"
                        + " due: it \(fault)", remedy: "The file is damaged: write it again")
            }
            guard entry.byteCount <= count - covered else {
                throw EngineError(
                    file,
                    "ends inside tensor '\(entry.name)': \(count) data bytes, needs"
                        + " \(covered) + \(entry.byteCount)",
                    remedy: "The file is incomplete: copy or write it again")
            }
            covered += entry.byteCount
        }
        guard covered == count else {
            throw EngineError(
                file, "has \(count - covered) bytes after its last tensor",
                remedy: "The file is damaged: write it again")
        }
    }
}

extension SafetensorsHeader.Entry {
    /// Checks a tensor's own figures against each other.
    /// - Throws: `EngineError` unless it is float32 and its shape fills its bytes exactly.
    init(name: String, dtype: String, shape: [Int], offsets: [Int], file: String) throws {
        let subject = "\(file), tensor '\(name)'"
        guard dtype == "F32" else {
            throw EngineError(
                subject, "is stored as \(dtype); only F32 is read",
                remedy: "Convert the file to float32")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw EngineError(subject, "data_offsets \(offsets) are not [begin, end]")
        }
        var size = 4
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw EngineError(subject, "shape \(shape) overflows") }
            size = product
        }
        guard size == offsets[1] - offsets[0] else {
            throw EngineError(
                subject,
                "shape \(shape) needs \(size) bytes, data_offsets give"
                    + " \(offsets[1] - offsets[0])")
        }
        self.init(name: name, shape: shape, begin: offsets[0], byteCount: size)
    }
}
