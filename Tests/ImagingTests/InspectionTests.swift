import Foundation
import LungfoldImaging
import LungfoldStudy
import Testing

@Suite struct InspectionTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// Six slices of 4 x 4; a lung in the left half.
    private func dataSet(
        change: (inout [[UInt8]], inout [[UInt8]]) -> Void = { _, _ in }
    ) throws -> (images: String, labels: String, lungs: String) {
        var images: [[UInt8]] = []
        var labels: [[UInt8]] = []
        for slice in 0..<6 {
            images.append((0..<16).map { $0 % 4 < 2 ? UInt8(40 + $0 + slice) : 0 })
            labels.append(Array(repeating: 0, count: 16))
            labels[slice][0] = 1
            labels[slice][4] = UInt8(slice % 4)
        }
        labels[2] = Array(repeating: 0, count: 16)
        change(&images, &labels)
        let lungs = images.map { _ in (0..<16).map { UInt8($0 % 4 < 2 ? 1 : 0) } }
        return (
            try pictures("images", images), try pictures("labels", labels),
            try pictures("lungs", lungs)
        )
    }

    private func pictures(_ name: String, _ slices: [[UInt8]]) throws -> String {
        let path = try folder.folder(name)
        for (index, slice) in slices.enumerated() {
            let picture = try PNGWriter.encode(grey: slice, rows: 4, columns: 4)
            _ = try folder.file("\(name)/\(index + 1).png", picture)
        }
        return path
    }

    @Test func countsWeightsAndEmptySlices() throws {
        let data = try dataSet()
        let inspection = try Inspection(
            imagesPath: data.images, labelsPath: data.labels, lungsPath: data.lungs)
        let counts = try #require(inspection.classCounts)
        // Slices 1, 2, 4, 5 and 6 have a pixel of 1; slices 2 and 6 another; slice 4 one of 3.
        #expect(counts.pixels == [88, 7, 0, 1])
        #expect(counts.imagePixels == [96, 80, 0, 16])
        #expect(inspection.slicesWithoutLesions == [3])
        #expect(
            inspection.binaryWeights == [
                0.5 * (88.0 / 96 + 0.1) / (88.0 / 96), 0.5 * (88.0 / 96 + 0.1) / 0.1,
            ])
        #expect(inspection.findings == ["No pixel is labelled 2 (consolidation)."])
        #expect(inspection.lesionsOutside.allSatisfy { $0.share == 0 })
        let copy = try JSONDecoder().decode(
            Inspection.self, from: try JSONEncoder().encode(inspection))
        #expect(copy == inspection)
        #expect(inspection.text.contains("Slices without lesions: 3"))
    }

    @Test func anySubsetWorks() throws {
        let data = try dataSet()
        for mask in 1..<8 {
            let inspection = try Inspection(
                imagesPath: mask & 1 == 0 ? nil : data.images,
                labelsPath: mask & 2 == 0 ? nil : data.labels,
                lungsPath: mask & 4 == 0 ? nil : data.lungs)
            #expect((inspection.classCounts != nil) == (mask & 2 != 0))
            #expect(inspection.lesionsOutside.isEmpty == (mask & 2 == 0 || mask == 2))
            #expect(!inspection.text.isEmpty)
        }
        let error = try failure {
            _ = try Inspection(imagesPath: nil, labelsPath: nil, lungsPath: nil)
        }
        #expect(error.kind == .usage)
    }

    @Test func whatIsSuspiciousIsFound() throws {
        let data = try dataSet { images, labels in
            images[3] = images[1]
            images[4] = Array(repeating: 9, count: 16)
            labels[5] = (0..<16).map { UInt8($0 % 4 >= 1 ? 1 : 0) }
        }
        for lungs in [nil, data.lungs] {
            let inspection = try Inspection(
                imagesPath: data.images, labelsPath: data.labels, lungsPath: lungs)
            #expect(inspection.duplicates == [[2, 4]])
            #expect(inspection.constantSlices == [5])
            #expect(inspection.lesionsOutside[0].slice == 6)
            #expect(inspection.lesionsOutside[0].share == 2.0 / 3)
            #expect(inspection.findings.contains { $0.hasPrefix("Slice 6: 66.7 %") })
        }
    }

    @Test func wrongLabelsAreListed() throws {
        let data = try dataSet { _, labels in labels[0][5] = 255 }
        let inspection = try Inspection(
            imagesPath: data.images, labelsPath: data.labels, lungsPath: nil)
        #expect(inspection.classCounts == nil)
        #expect(inspection.labelValues.contains { $0.value == 255 && $0.pixels == 1 })
        #expect(inspection.findings.contains { $0.contains("divide it by 255") })
    }

    @Test func labelsThatAreNoNumbersAreListed() throws {
        var fixture = NIfTIFixture()
        fixture.setVoxels((0..<32).map { $0 == 9 ? .nan : $0 == 8 ? 0.5 : 1 }, datatype: 64)
        let path = try folder.file("labels.nii", fixture.bytes)
        let inspection = try Inspection(imagesPath: nil, labelsPath: path, lungsPath: nil)
        #expect(inspection.labelValues.map(\.value) == [0.5, 1, nil])
        #expect(inspection.labelValues.map(\.pixels) == [1, 30, 1])
        #expect(inspection.findings.count == 1 && inspection.findings[0].contains("0.5"))
        let copy = try JSONDecoder().decode(
            Inspection.self, from: try JSONEncoder().encode(inspection))
        #expect(copy == inspection)
        #expect(inspection.text.contains("no number: 1 pixels"))
    }

    @Test func differentShapesAreFound() throws {
        let data = try dataSet()
        let other = try folder.file(
            "labels.nii", NIfTIFixture(voxels: Array(repeating: 0, count: 31) + [1]).bytes)
        let inspection = try Inspection(
            imagesPath: data.images, labelsPath: other, lungsPath: nil)
        #expect(inspection.findings.contains { $0.contains("has shape 4 x 4 x 2") })
    }

    @Test func volumesAtDifferentPlacesAreFound() throws {
        var fixture = NIfTIFixture()
        (fixture.sformCode, fixture.srow) = (1, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0])
        let images = try folder.file("im.nii", fixture.bytes)
        fixture.setVoxels((0..<32).map { Double($0 % 4) }, datatype: 2)
        let labels = try folder.file("labels.nii", fixture.bytes)
        fixture.srow[3] = 5
        let moved = try folder.file("moved.nii", fixture.bytes)
        for (path, isMoved) in [(labels, false), (moved, true)] {
            let inspection = try Inspection(imagesPath: images, labelsPath: path, lungsPath: nil)
            #expect(inspection.findings.contains { $0.contains("elsewhere") } == isMoved)
            var notices: [String] = []
            let loader = SliceLoader(imagesPath: images, labelsPath: path, size: 4)
            _ = try loader.load { notices.append($0) }
            #expect(notices.contains { $0.contains("elsewhere") } == isMoved)
        }
    }
}
