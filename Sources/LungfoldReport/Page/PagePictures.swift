import Foundation
import LungfoldStudy

/// The pictures of the page; none where the study's slices were not kept.
struct PagePictures {
    private let source: StudyPictures?

    init(_ findings: Findings) { source = StudyPictures(findings) }

    var figure1: Picture? { source?.figure1 }
    var figure2: Picture? { source?.figure2 }

    func worst(_ task: SegmentationTask) -> [Picture] { source?.worst(task) ?? [] }

    func contactSheet(_ group: GroupFindings) -> Picture? { source?.contactSheet(group) }

    /// A picture with its bytes in the page.
    static func figure(_ picture: Picture) throws -> PageView.Figure {
        let bytes = Data(try picture.raster.png()).base64EncodedString()
        let (width, height) = (picture.raster.width, picture.raster.height)
        let image =
            "<img src=\"data:image/png;base64,\(bytes)\" width=\"\(width)\""
            + " height=\"\(height)\" alt=\"\(escapedHTML(picture.alternative))\">"
        return .init(
            id: "picture-\(picture.name)", kind: picture.isWide ? "wide" : "small",
            picture: headings(picture.headings) + tiled(image, picture.tiles),
            caption: picture.caption)
    }

    /// What the panels below are, each over its own.
    private static func headings(_ titles: [String]) -> String {
        guard !titles.isEmpty else { return "" }
        let items = titles.map { "<span>\(escapedHTML($0))</span>" }.joined()
        return "<p class=\"panels\">\(items)</p>"
    }

    /// A picture with a label laid over each of its tiles. The alternative text speaks for all of them.
    private static func tiled(_ image: String, _ tiles: Picture.Tiles?) -> String {
        guard let tiles else { return image }
        let rows = (tiles.labels.count + tiles.columns - 1) / tiles.columns
        let labels = tiles.labels.map { "<span>\(escapedHTML($0))</span>" }.joined()
        return "<div class=\"tiles\">\(image)<div aria-hidden=\"true\""
            + " style=\"grid-template: repeat(\(rows),1fr) / repeat(\(tiles.columns),1fr)\">"
            + "\(labels)</div></div>"
    }

    /// What colours mean, as HTML.
    /// - Parameter subject: where they mean it, such as `Errors`.
    static func legend(_ subject: String, _ entries: [(Colour, String)]) -> String {
        let items = entries.map { colour, text in
            "<span><i style=\"background:\(colour.css)\"></i>\(escapedHTML(text))</span>"
        }
        return "<p class=\"legend\"><b>\(escapedHTML(subject)):</b> \(items.joined())</p>"
    }

    static let classLegend = Array(
        zip(Palette.classes, SegmentationTask.multiclass.classNames.dropFirst()))

    static func errorLegend(_ task: SegmentationTask) -> [(Colour, String)] {
        var legend = [
            (Palette.found, "found (true positive)"), (Palette.added, "added (false positive)"),
            (Palette.missed, "missed (false negative)"),
        ]
        if task == .multiclass { legend.append((Palette.wrongClass, "lesion of another class")) }
        return legend
    }
}
