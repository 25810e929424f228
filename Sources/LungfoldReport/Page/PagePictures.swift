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
        return .init(
            id: "picture-\(picture.name)", kind: picture.isWide ? "wide" : "small",
            picture: "<img src=\"data:image/png;base64,\(bytes)\" width=\"\(width)\""
                + " height=\"\(height)\" alt=\"\(escapedHTML(picture.alternative))\">",
            caption: picture.caption)
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
