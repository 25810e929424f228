import LungfoldStudy

extension Inspection {
    /// The inspection as plain text for a terminal.
    public var text: String {
        [volumeLines, tableLines, lesionLines, outsideLines, findingLines]
            .filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
            .joined(separator: "\n\n") + "\n"
    }

    private var volumeLines: [String] {
        let volumes = [("images", images), ("labels", labels), ("lungs", lungs)]
        var lines = volumes.compactMap { name, volume in
            volume.map {
                "\(name)  \($0.path): \($0.rows) x \($0.columns) x \($0.slices), "
                    + "values \($0.low) to \($0.high)"
            }
        }
        if let greyValues { lines.append(greyValues) }
        return lines
    }

    private var tableLines: [String] {
        guard let classCounts, let binaryWeights, let multiclassWeights else {
            return labelValues.map {
                "\($0.value.map { "value \($0)" } ?? "no number"): \($0.pixels) pixels"
            }
        }
        var lines = [
            row(["class", "pixel count", "image pixel count", "weight"]),
            row(["-----", "-----------", "-----------------", "------"]),
        ]
        for (index, name) in SegmentationTask.multiclass.classNames.enumerated() {
            lines.append(
                row([
                    "\(index) \(name)", String(classCounts.pixels[index]),
                    String(classCounts.imagePixels[index]), decimal(multiclassWeights[index], 6),
                ]))
        }
        let binary = zip(SegmentationTask.binary.classNames, binaryWeights)
            .map { "\($0) \(decimal($1, 6))" }
        lines.append("Weights of the binary task: \(binary.joined(separator: ", "))")
        return lines
    }

    private var lesionLines: [String] {
        guard classCounts != nil else { return [] }
        let list = slicesWithoutLesions.map(String.init).joined(separator: ", ")
        return ["Slices without lesions: \(list.isEmpty ? "none" : list)"]
    }

    private var outsideLines: [String] {
        guard !lesionsOutside.isEmpty else { return [] }
        let place = lungs == nil ? "on black" : "outside the lungs"
        let worst = lesionsOutside.prefix(5).map { "slice \($0.slice) \(percent($0.share))" }
        let median = lesionsOutside[lesionsOutside.count / 2].share
        return [
            "Lesion pixels \(place): median slice \(percent(median)), worst "
                + worst.joined(separator: ", ")
        ]
    }

    private var findingLines: [String] {
        findings.isEmpty ? ["Nothing found to worry about."] : findings.map { "FOUND: \($0)" }
    }

    private func row(_ cells: [String]) -> String {
        let widths = [24, 12, 18, 12]
        return zip(cells, widths).enumerated().map { index, cell in
            let padding = String(repeating: " ", count: max(cell.1 - cell.0.count, 0))
            return index == 0 ? cell.0 + padding : padding + cell.0
        }.joined(separator: " ")
    }

    private func percent(_ share: Double) -> String { "\(decimal(share * 100, 1)) %" }

    /// Rounded to a number of decimals; for values far below 2^53.
    private func decimal(_ value: Double, _ places: Int) -> String {
        let factor = (0..<places).reduce(1.0) { product, _ in product * 10 }
        let digits = String(Int((value * factor).rounded()))
        let padded = String(repeating: "0", count: max(places + 1 - digits.count, 0)) + digits
        return "\(padded.dropLast(places)).\(padded.suffix(places))"
    }
}
