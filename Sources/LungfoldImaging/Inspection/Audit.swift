import LungfoldStudy

/// Fills an inspection in.
struct Audit {
    private var inspection = Inspection()
    private var binaryCounts = ClassCounts(classCount: SegmentationTask.binary.classCount)

    /// The inspection, with weights and findings.
    consuming func finished() -> Inspection {
        if let counts = inspection.classCounts {
            inspection.multiclassWeights = counts.medianFrequencyWeights
            inspection.binaryWeights = binaryCounts.medianFrequencyWeights
            for index in counts.absentClasses {
                let name = SegmentationTask.multiclass.classNames[index]
                inspection.findings.append("No pixel is labelled \(index) (\(name)).")
            }
        }
        for outside in inspection.lesionsOutside where outside.share > Inspection.suspiciousShare {
            let percent = (outside.share * 1000).rounded() / 10
            let where_ = inspection.lungs == nil ? "on black" : "outside the lungs"
            inspection.findings.append(
                "Slice \(outside.slice): \(percent) % of its lesion pixels lie \(where_); "
                    + "its label map may belong to another slice.")
        }
        return inspection
    }

    mutating func look(
        images: (any SliceStack)?, labels: (any SliceStack)?, lungs: (any SliceStack)?,
        window: GreyWindow?
    ) throws {
        inspection.images = try images.map(Self.volume)
        inspection.lungs = try lungs.map(Self.volume)
        compareShapes([images, labels, lungs].compactMap { $0 })
        let grey = try images.map { try GreySlices($0, lungs: nil, window: window) }
        inspection.greyValues = grey?.notice
        if let images { lookForRepeats(in: images) }
        guard let labels else { return }
        let maps = readLabels(labels)
        guard let maps else { return }
        let lung: ((Int) -> [Bool])? =
            lungs.map { stack in { index in stack.slice(index).map { $0 != 0 } } }
            ?? grey.map { grey in { index in grey.slice(index).map { $0 > 0 } } }
        if let lung, let stack = lungs ?? images, stack.count == labels.count {
            measureOutside(maps, labels, lung: lung, of: stack)
        }
    }

    private static func volume(_ stack: any SliceStack) throws -> Inspection.Volume {
        let range = try GreySlices.range(of: stack)
        return Inspection.Volume(
            path: stack.path, rows: stack.rows, columns: stack.columns, slices: stack.count,
            low: range.lowerBound, high: range.upperBound)
    }

    private mutating func compareShapes(_ stacks: [any SliceStack]) {
        guard let first = stacks.first else { return }
        for other in stacks.dropFirst() where other.shape != first.shape {
            inspection.findings.append(
                "\(other.path) has shape \(other.shape), but \(first.path) has \(first.shape); "
                    + "training needs equal shapes.")
        }
        let placed = stacks.compactMap { stack in
            (stack as? NIfTIVolume)?.affine.map { (stack.path, $0) }
        }
        guard let reference = placed.first else { return }
        for (path, affine) in placed.dropFirst()
        where zip(affine, reference.1).contains(where: { abs($0 - $1) > 0.01 }) {
            inspection.findings.append(
                "\(path) lies elsewhere in space than \(reference.0): their affines differ.")
        }
    }

    /// Counts classes; nil when some value is no label.
    private mutating func readLabels(_ stack: any SliceStack) -> [[UInt8]]? {
        var counts = ClassCounts(classCount: SegmentationTask.multiclass.classCount)
        var values: [Double: Int] = [:]
        var maps: [[UInt8]] = []
        for index in 0..<stack.count {
            if let map = try? LabelRule.labels(ofSlice: index, of: stack) {
                counts.add(map, task: .multiclass)
                binaryCounts.add(map, task: .binary)
                if map.allSatisfy({ $0 == 0 }) { inspection.slicesWithoutLesions.append(index + 1) }
                maps.append(map)
            } else {
                for value in stack.slice(index) where !LabelRule.isLabel(value) {
                    // Not a number is not equal to itself: counted as one value, infinity.
                    values[value.isNaN ? .infinity : value, default: 0] += 1
                }
            }
        }
        for (label, pixels) in counts.pixels.enumerated() where pixels > 0 {
            values[Double(label)] = pixels
        }
        let sorted = values.keys.sorted()
        inspection.labelValues = sorted.prefix(16).map {
            Inspection.LabelValue(value: $0, pixels: values[$0] ?? 0)
        }
        inspection.labels = Inspection.Volume(
            path: stack.path, rows: stack.rows, columns: stack.columns, slices: stack.count,
            low: sorted.first ?? 0, high: sorted.last ?? 0)
        guard maps.count == stack.count else {
            let wrong = sorted.first { !LabelRule.isLabel($0) } ?? .nan
            let place = "and \(values.count - 1) other values"
            let worst = values.keys.contains(255) ? 255 : wrong
            inspection.findings.append(
                LabelRule.violation(worst, at: place, path: stack.path).description)
            return nil
        }
        inspection.classCounts = counts
        return maps
    }

    /// Labels are brought to the mask's resolution when it differs.
    private mutating func measureOutside(
        _ maps: [[UInt8]], _ labels: any SliceStack, lung: (Int) -> [Bool], of stack: any SliceStack
    ) {
        var shares: [Inspection.OutsideShare] = []
        for (index, map) in maps.enumerated() {
            let resized = Resize.labels(
                map, rows: labels.rows, columns: labels.columns, toRows: stack.rows,
                toColumns: stack.columns)
            var (lesion, outside) = (0, 0)
            for (label, isLung) in zip(resized, lung(index)) where label > 0 {
                lesion += 1
                if !isLung { outside += 1 }
            }
            guard lesion > 0 else { continue }
            let share = Double(outside) / Double(lesion)
            shares.append(Inspection.OutsideShare(slice: index + 1, share: share))
        }
        inspection.lesionsOutside = shares.sorted {
            $0.share != $1.share ? $0.share > $1.share : $0.slice < $1.slice
        }
    }

    /// Slices are grouped by checksum and then compared.
    private mutating func lookForRepeats(in images: any SliceStack) {
        var groups: [UInt32: [[Int]]] = [:]
        for index in 0..<images.count {
            let values = images.slice(index)
            guard values.contains(where: { $0 != values[0] }) else {
                inspection.constantSlices.append(index + 1)
                continue
            }
            let checksum = ImagingShim.crc32(values)
            let group = groups[checksum, default: []].firstIndex {
                images.slice($0[0] - 1) == values
            }
            if let group {
                groups[checksum]?[group].append(index + 1)
            } else {
                groups[checksum, default: []].append([index + 1])
            }
        }
        inspection.duplicates = groups.values.joined().filter { $0.count > 1 }
            .sorted { $0[0] < $1[0] }
        for group in inspection.duplicates {
            let names = group.map(String.init).joined(separator: ", ")
            inspection.findings.append("Slices \(names) are equal: one would test the other.")
        }
        if !inspection.constantSlices.isEmpty {
            let names = inspection.constantSlices.map(String.init).joined(separator: ", ")
            inspection.findings.append("Constant slices: \(names).")
        }
    }
}
