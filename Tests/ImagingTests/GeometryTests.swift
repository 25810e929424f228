import Foundation
import LungfoldImaging
import Testing

/// A place in space that makes no sense is said, stops nobody, and is not handed on as NaN.
@Suite struct GeometryTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    typealias Flaw = NIfTIFlaw

    static let flaws: [Flaw] = [
        Flaw("spacing 0", "pixdim[1] is 0.0") { $0.pixdim[1] = 0 },
        Flaw("spacing negative", "pixdim[2] is -0.5") { $0.pixdim[2] = -0.5 },
        Flaw("spacing NaN", "pixdim[3] is nan") { $0.pixdim[3] = .nan },
        Flaw("spacing infinite", "pixdim[1] is inf") { $0.pixdim[1] = .infinity },
        Flaw("qfac 0", "pixdim[0] (qfac) is 0.0") { $0.pixdim[0] = 0 },
        Flaw("qfac NaN", "pixdim[0] (qfac) is nan") { $0.pixdim[0] = .nan },
        Flaw("quaternion NaN", "quatern_c is nan") { $0.quaternion[1] = .nan },
        Flaw("offset infinite", "qoffset_z is -inf") { $0.quaternion[5] = -.infinity },
        Flaw("affine NaN", "srow_y[3] is nan") { $0.srow[7] = .nan },
        Flaw("affine of zeros", "singular: its determinant is 0.0") {
            $0.srow = Array(repeating: 0, count: 12)
        },
        Flaw("parallel columns", "the sform is singular") {
            $0.srow = [1, 2, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0]
        },
        Flaw("disagreement", "qform and sform differ by up to 5.0") { $0.srow[3] = 5 },
    ]

    /// A volume whose qform and sform are both the identity.
    static func placed(version: Int = 1, isBigEndian: Bool = false) -> NIfTIFixture {
        var fixture = NIfTIFixture(version: version, isBigEndian: isBigEndian)
        (fixture.qformCode, fixture.sformCode) = (1, 1)
        fixture.srow = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]
        return fixture
    }

    @Test(arguments: flaws, [1, 2])
    func whatIsDoubtfulIsSaidAndRead(_ flaw: Flaw, version: Int) throws {
        for isBigEndian in [false, true] {
            var fixture = Self.placed(version: version, isBigEndian: isBigEndian)
            flaw.change(&fixture)
            let path = try folder.file("v.nii", fixture.bytes)
            let notes = try notices(path)
            #expect(notes.count == 2)
            #expect(notes.last?.hasPrefix("\(path): its place in space is doubtful") == true)
            #expect(notes.last?.contains(flaw.says) == true, "\(notes)")
            let inspection = try Inspection(imagesPath: path, labelsPath: nil, lungsPath: nil)
            #expect(inspection.findings.contains { $0.contains(flaw.says) })
            try expectNumbersOnly(like: path)
        }
    }

    @Test func whatIsSoundIsNotMentioned() throws {
        var tilted = Self.placed()
        // A quarter turn about z, stored mirrored, with a spacing of its own for each axis.
        tilted.pixdim = [-1, 0.7, 0.8, 5, 0, 0, 0, 0]
        tilted.quaternion = [0, 0, 0.5.squareRoot(), -90, -120, 33]
        tilted.srow = [0, -0.8, 0, -90, 0.7, 0, 0, -120, 0, 0, -5, 33]
        var nowhere = NIfTIFixture()
        nowhere.pixdim[0] = 0
        nowhere.srow[0] = .nan
        var slice = NIfTIFixture()
        slice.dims = [2, 4, 4, 0, 0, 0, 0, 0]
        slice.pixdim[3] = 0
        slice.voxels.removeLast(16)
        for fixture in [Self.placed(), tilted, nowhere, slice] {
            let notes = try notices(try folder.file("v.nii", fixture.bytes))
            #expect(notes.count == 1, "\(notes)")
        }
    }

    @Test func labelsAndLungsAreLookedAtToo() throws {
        var fixture = Self.placed()
        let images = try folder.file("im.nii", fixture.bytes)
        fixture.voxels = (0..<32).map { UInt8($0 % 4) }
        fixture.srow[0] = .nan
        let labels = try folder.file("labels.nii", fixture.bytes)
        var notes: [String] = []
        _ = try SliceLoader(imagesPath: images, labelsPath: labels, lungsPath: labels, size: 4)
            .load { notes.append($0) }
        #expect(notes.count { $0.contains("lies elsewhere in space than \(images)") } == 2)
        #expect(notes.count { $0.hasPrefix(labels) && $0.contains("srow_x[0] is nan") } == 2)
    }

    @Test func phantomsAreSound() throws {
        let paths = try Phantom(slices: 4, size: 32, seed: 1).write(to: folder.path)
        let inspection = try Inspection(
            imagesPath: paths[0], labelsPath: paths[1], lungsPath: paths[2])
        #expect(!inspection.findings.contains { $0.contains("space") })
    }

    /// The parts without NaN stay: here the qform.
    @Test func aSpoiltSformLeavesTheQform() throws {
        var fixture = Self.placed()
        fixture.quaternion = [0, 0, 0, 7, 8, 9]
        fixture.srow[0] = .nan
        let labels = try labelFile(like: try folder.file("v.nii", fixture.bytes))
        #expect(Array(labels[252..<256]) == [1, 0, 0, 0], "qform_code 1, sform_code 0")
        #expect(numbers(labels, 268, 3) == [7, 8, 9])
        #expect(numbers(labels, 280, 12).allSatisfy { $0 == 0 })
        fixture.srow[0] = 1
        fixture.pixdim[2] = .nan
        let other = try labelFile(like: try folder.file("v.nii", fixture.bytes))
        #expect(Array(other[252..<256]) == [0, 0, 1, 0], "qform_code 0, sform_code 1")
        #expect(numbers(other, 76, 4) == [1, 1, 1, 1])
    }

    private func notices(_ path: String) throws -> [String] {
        var notices: [String] = []
        _ = try SliceLoader(imagesPath: path, size: 4).load { notices.append($0) }
        return notices
    }

    private func labelFile(like path: String) throws -> [UInt8] {
        let output = folder.path + "/out.nii"
        try LabelVolumeWriter(like: path).write(
            [[UInt8]](repeating: [0, 1, 2, 3], count: 2), size: 2, to: output)
        return try contents(of: output)
    }

    /// A prediction over the volume has no NaN in its geometry.
    private func expectNumbersOnly(like path: String) throws {
        let labels = try labelFile(like: path)
        let isFirst = labels[0] == 92
        let places = isFirst ? [(76, 8), (256, 18)] : [(104, 8), (352, 18)]
        for (offset, count) in places {
            let values = isFirst ? numbers(labels, offset, count) : doubles(labels, offset, count)
            #expect(values.allSatisfy { $0.isFinite }, "\(values)")
        }
    }

    private func numbers(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> [Double] {
        (0..<count).map { index in
            let word = bytes[offset + 4 * index..<offset + 4 * index + 4].reversed()
            return Double(Float(bitPattern: word.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
        }
    }

    private func doubles(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> [Double] {
        (0..<count).map { index in
            let word = bytes[offset + 8 * index..<offset + 8 * index + 8].reversed()
            return Double(bitPattern: word.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
    }
}
