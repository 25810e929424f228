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
        for other in stacks.dropFirst() {
            if let finding = other.displacement(from: first) {
                inspection.findings.append(finding + ".")
            }
        }
        for stack in stacks {
            if let flaw = (stack as? NIfTIVolume)?.geometryFlaw {
                inspection.findings.append(flaw + ".")
            }
        }
    }

    /// Counts classes; nil when some value is no label.
    private mutating func readLabels(_ stack: any SliceStack) -> [[UInt8]]? {
        var counts = ClassCounts(classCount: SegmentationTask.multiclass.classCount)
        // Infinity stands for all that are no finite number.
        var values: [Double: Int] = [:]
        var maps: [[UInt8]] = []
        for index in 0..<stack.count {
            if let map = try? LabelRule.labels(ofSlice: index, of: stack) {
                counts.add(map, task: .multiclass)
                binaryCounts.add(map, task: .binary)
                if map.allSatisfy({ $0 == 0 }) { inspection.slicesWithoutLesions.append(index + 1) }
                maps.append(map)
            } else {
                for value in stack.slice(index) {
                    values[value.isFinite ? value : .infinity, default: 0] += 1
                }
            }
        }
        for (label, pixels) in counts.pixels.enumerated() where pixels > 0 {
            values[Double(label), default: 0] += pixels
        }
        describe(values, of: stack)
        guard maps.count == stack.count else {
            reportWrong(values, in: stack)
            return nil
        }
        inspection.classCounts = counts
        return maps
    }

    private mutating func describe(_ values: [Double: Int], of stack: any SliceStack) {
        let sorted = values.keys.sorted()
        inspection.labelValues = sorted.prefix(16).map {
            Inspection.LabelValue(value: $0.isFinite ? $0 : nil, pixels: values[$0] ?? 0)
        }
        inspection.labels = Inspection.Volume(
            path: stack.path, rows: stack.rows, columns: stack.columns, slices: stack.count,
            low: sorted.first { $0.isFinite } ?? 0, high: sorted.last { $0.isFinite } ?? 0)
    }

    /// 255 is named before others: it tells what the file is.
    private mutating func reportWrong(_ values: [Double: Int], in stack: any SliceStack) {
        let wrong = values.keys.filter { !LabelRule.isLabel($0) }.sorted()
        let value = wrong.contains(255) ? 255 : wrong.first ?? .nan
        let place = "\(values[value] ?? 0) pixels; \(wrong.count - 1) more such values"
        let error = LabelRule.violation(value, at: place, path: stack.path)
        inspection.findings.append(error.description)
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
