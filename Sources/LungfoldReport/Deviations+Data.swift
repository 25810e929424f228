import LungfoldStudy

extension Deviations {
    /// Where the slices differ from the paper's, as far as labels and images tell: its files are not
    /// at hand, so their grey values are compared with nothing.
    static func data(_ outcome: StudyOutcome) -> [String] {
        guard outcome.classCounts != nil else {
            return ["the labels were not counted, so whether the data are the paper's is not known"]
        }
        guard hasPaperData(outcome) else { return ["the data are not the paper's 100 slices"] }
        let flaws = masking(outcome) + belonging(outcome)
        return flaws.isEmpty
            ? [
                "the labels are the paper's; whether the images' grey values are was not checked"
            ]
            : flaws
    }

    /// Whether the images are black outside the lungs, as the paper's networks saw them.
    private static func masking(_ outcome: StudyOutcome) -> [String] {
        let wasMasked = outcome.origin.preparation?.hasLungMask ?? false
        if wasMasked || outcome.material?.lungs != nil { return [] }
        guard let material = outcome.material else {
            return [
                "whether the images are masked to the lungs, as the paper's are, is not known: they"
                    + " are not in the study's folder"
            ]
        }
        // Of the paper's masked slices 74 % of all pixels are exactly 0; at 16 x 16 still 61 %.
        let black = material.images.reduce(0) { $0 + $1.count { $0 == 0 } }
        let all = material.images.reduce(0) { $0 + $1.count }
        return 2 * black > all ? [] : ["the images are not masked to the lungs; the paper's are"]
    }

    /// Whether labels lie where the images show something. Of the paper's lesion pixels 1 % do not.
    private static func belonging(_ outcome: StudyOutcome) -> [String] {
        guard let material = outcome.material else { return [] }
        var (lesion, onBlack) = (0, 0)
        for (image, labels) in zip(material.images, material.labels) {
            for (grey, label) in zip(image, labels) where label != 0 {
                lesion += 1
                if grey == 0 { onBlack += 1 }
            }
        }
        guard 10 * onBlack > lesion else { return [] }
        return [
            "\(100 * onBlack / lesion) % of the lesion pixels lie on black: the images are hardly"
                + " those of the labels"
        ]
    }
}
