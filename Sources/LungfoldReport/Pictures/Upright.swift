/// Which way up slices are shown.
extension SliceMaterial {
    /// Whether the lungs lie one above the other, as they do in NIfTI files whose first axis goes from
    /// side to side: rows here are the first axis. Readers of CT expect them side by side.
    var isLying: Bool {
        var rows = Moments()
        var columns = Moments()
        for image in images {
            for (index, value) in image.enumerated() where value > 0 {
                rows.add(Double(index / size), weight: Double(value))
                columns.add(Double(index % size), weight: Double(value))
            }
        }
        return rows.variance > columns.variance
    }

    /// The slices with rows and columns exchanged; predictions are left as they are.
    var transposed: SliceMaterial {
        var turned = self
        turned.images = images.map(transposed)
        turned.labels = labels.map(transposed)
        turned.unmasked = unmasked?.map(transposed)
        turned.lungs = lungs?.map(transposed)
        return turned
    }

    /// A slice with rows and columns exchanged.
    func transposed(_ values: [UInt8]) -> [UInt8] {
        guard values.count == size * size else { return values }
        return values.indices.map { values[$0 % size * size + $0 / size] }
    }
}

/// Weighted sums of powers.
private struct Moments {
    private var weight = 0.0
    private var first = 0.0
    private var second = 0.0

    mutating func add(_ value: Double, weight: Double) {
        self.weight += weight
        first += weight * value
        second += weight * value * value
    }

    var variance: Double {
        guard weight > 0 else { return 0 }
        return second / weight - (first / weight) * (first / weight)
    }
}
