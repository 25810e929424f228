import Foundation
import LungfoldImaging
import LungfoldStudy
import Testing

@Suite struct LabelVolumeWriterTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// Two slices of 2 x 2 labels.
    private let labels: [[UInt8]] = [[0, 1, 2, 3], [3, 3, 0, 0]]

    @Test(arguments: [1, 2], [false, true])
    func theGeometryOfTheInputIsKept(version: Int, isBigEndian: Bool) throws {
        var fixture = NIfTIFixture(version: version, isBigEndian: isBigEndian)
        fixture.setVoxels((0..<32).map { Double($0) - 1000 }, datatype: 4)
        fixture.pixdim = [-1, 0.7, 0.8, 5, 2, 0, 0, 0]
        (fixture.qformCode, fixture.sformCode, fixture.units) = (1, 2, 10)
        fixture.srow = [0.7, 0, 0, -90, 0, 0.8, 0, -120, 0, 0, 5, 33]
        (fixture.slope, fixture.intercept) = (2, 3)
        fixture.afterHeader = [1, 0, 0, 0] + fixture.encode(Int32(16)) + fixture.encode(Int32(6))
        fixture.afterHeader += [UInt8](repeating: 0, count: 8)
        let input = try folder.file("in.nii", fixture.bytes)
        let output = folder.path + "/labels.nii"
        try LabelVolumeWriter(like: input).write(labels, size: 2, to: output)

        var expected = fixture
        expected.isBigEndian = false
        (expected.slope, expected.intercept) = (1, 0)
        expected.afterHeader = [0, 0, 0, 0]
        expected.setVoxels(
            [0, 0, 2, 2, 0, 0, 2, 2, 1, 1, 3, 3, 1, 1, 3, 3]
                + [3, 3, 0, 0, 3, 3, 0, 0, 3, 3, 0, 0, 3, 3, 0, 0], datatype: 2)
        var bytes = expected.bytes
        let description = version == 1 ? 148 : 240
        bytes.replaceSubrange(description..<description + 15, with: Array("lungfold labels".utf8))
        let intent = version == 1 ? 68 : 504
        bytes[intent] = UInt8(1002 & 255)
        bytes[intent + 1] = UInt8(1002 >> 8)
        #expect(try contents(of: output) == bytes)
    }

    @Test func labelsOfPicturesAndCompression() throws {
        let pictures = try folder.folder("slices")
        for name in ["1.png", "2.png"] {
            let picture = try PNGWriter.encode(grey: Array(0..<8), rows: 2, columns: 4)
            _ = try folder.file("slices/\(name)", picture)
        }
        let output = folder.path + "/labels.nii.gz"
        let writer = try LabelVolumeWriter(like: pictures)
        #expect(writer.rows == 2 && writer.columns == 4 && writer.count == 2)
        try writer.write(labels, size: 2, to: output)
        #expect(try contents(of: output).starts(with: [0x1f, 0x8b]))
        let stack = try openStack(output, as: .labels)
        #expect(stack.shape == "2 x 4 x 2")
        #expect(stack.slice(0) == [0, 0, 1, 1, 2, 2, 3, 3])
    }

    @Test func namesAndTargets() throws {
        #expect(try failure { try LabelVolumeWriter.checkName("labels.png") }.kind == .usage)
        let input = try folder.file("in.nii", NIfTIFixture().bytes)
        let writer = try LabelVolumeWriter(like: input)
        let missing = folder.path + "/no/labels.nii"
        #expect(
            try failure { try writer.write(labels, size: 2, to: missing) }.kind == .cannotCreate)
        let taken = try folder.folder("taken.nii")
        #expect(try failure { try writer.write(labels, size: 2, to: taken) }.subject == taken)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                == ["in.nii", "taken.nii"], "nothing half-written stays")
    }
}
