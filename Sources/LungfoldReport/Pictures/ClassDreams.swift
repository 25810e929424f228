import LungfoldStudy

/// What each class of a trained network looks for: Fig. 5. Somebody else makes them: this target
/// knows no networks.
public struct ClassDreams: Hashable, Sendable {
    /// How they were made.
    public var settings: DreamSettings
    /// The layer whose channels are the classes.
    public var layer: String
    /// `size * size` grey values of each class, row-major.
    public var pictures: [[UInt8]]
    /// The mean activation of each class over noise.
    public var before: [Double]
    /// The same over its picture.
    public var after: [Double]

    /// Gathers pictures.
    public init(
        settings: DreamSettings, layer: String, pictures: [[UInt8]], before: [Double],
        after: [Double]
    ) {
        self.settings = settings
        self.layer = layer
        self.pictures = pictures
        self.before = before
        self.after = after
    }
}

extension StudyOutcome {
    /// The jobs whose networks Fig. 5 shows: of the best experiment of each network and task, the
    /// first that is finished.
    public var dreamedJobs: [Job] {
        Findings(self).groups.compactMap { $0.dreamed?.job }
    }
}

extension GroupFindings {
    fileprivate var dreamed: JobRecord? { evaluated.first { $0.result != nil } }
}

/// Fig. 5 of the report.
struct DreamPictures {
    let findings: Findings

    /// A picture for each network and task, and whose are missing; nil where nobody has made any.
    func block() throws -> PageView.Block? {
        guard let dreams = findings.outcome.dreams else { return nil }
        let shown = findings.groups.compactMap { group in group.dreamed.map { (group, $0.job) } }
        guard !shown.isEmpty else { return nil }
        let figures = try shown.compactMap { group, job in
            try dreams[job.key].map { try PagePictures.figure(picture(of: $0, group, job)) }
        }
        let title = "Figure 5. What the classes look for"
        var html = "<h3 id=\"figure-5\">\(title)</h3>"
        if !figures.isEmpty { html += "<p>\(escapedHTML(explanation))</p>" }
        for (_, job) in shown where dreams[job.key] == nil {
            html +=
                "<p class=\"absent\">There is no picture of <code>\(escapedHTML(job.key))</code>: "
                + escapedHTML(findings.outcome.dreamFailures[job.key] ?? "none was made.") + "</p>"
        }
        return .init(entry: .init(id: "figure-5", title: title), html: html, figures: figures)
    }

    private func picture(of dream: ClassDreams, _ group: GroupFindings, _ job: Job) -> Picture {
        let size = dream.settings.size
        let gap = max(1, size / 24)
        var row = Raster(
            width: dream.pictures.count * (size + gap) - gap, height: size,
            filled: Colour(128, 128, 128))
        for (place, grey) in dream.pictures.enumerated() {
            row.put(Raster(grey: grey, side: size), row: 0, column: place * (size + gap))
        }
        let names = group.task.classNames
        let classes = names.indices.map { index in
            "\(names[index]) (\(shown(dream.before[index])) → \(shown(dream.after[index])))"
        }
        return Picture(
            name: "fig5-\(group.name)",
            caption: "Fig. 5. \(group.title), experiment \(job.experiment.number), "
                + "\(job.split.name), layer \(dream.layer). From left: "
                + classes.joined(separator: ", ") + ".",
            alternative: "What \(group.title) looks for: patterns for "
                + names.joined(separator: ", "),
            raster: row, isWide: dream.pictures.count > 2, headings: names)
    }

    private func shown(_ activation: Double) -> String {
        Table.Cell.real(activation, decimals: 2).shown
    }

    /// How they were made, for all of them.
    private var explanation: String {
        let settings = (findings.outcome.dreams ?? [:]).sorted { $0.key < $1.key }.first?.value
            .settings
        let how = settings.map {
            " (\($0.octaves) octaves of up to \($0.size) x \($0.size) pixels, each \($0.scale) times"
                + " the one before; \($0.iterations) steps in each)"
        }
        return
            "Deep Dream, after the paper's Fig. 5: from noise, gradient ascent\(how ?? "") on the"
            + " mean activation of a class in the last layer, before the softmax (and SegNet's ReLU)."
            + " In brackets: that mean over the noise → over the picture. Pictures are stretched to"
            + " full contrast. They show which patterns a class answers to, not what lesions look"
            + " like. The command lungfold dream makes such pictures of any channel of any layer."
    }
}
