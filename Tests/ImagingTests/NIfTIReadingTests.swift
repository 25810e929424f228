import Foundation
import LungfoldImaging
import Testing

@Suite struct NIfTIReadingTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// Values in file order (first axis fastest) of 2 rows x 3 columns x 2 slices.
    private let values: [Double] = [0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104, 127]
    private let firstSlice: [Double] = [0, 2, 4, 1, 3, 5]
    private let secondSlice: [Double] = [100, 102, 104, 101, 103, 127]

    static let types: [Int16] = [2, 4, 8, 16, 64, 256, 512, 768, 1024, 1280]

    @Test(arguments: types, [1, 2])
    func everyDataTypeInBothByteOrders(datatype: Int16, version: Int) throws {
        for isBigEndian in [false, true] {
            for isCompressed in [false, true] {
                var fixture = NIfTIFixture(version: version, isBigEndian: isBigEndian)
                fixture.dims = [3, 2, 3, 2, 1, 1, 1, 1]
                fixture.setVoxels(values, datatype: datatype)
                let bytes = isCompressed ? gzip(fixture.bytes) : fixture.bytes
                let stack = try openStack(try folder.file("v.nii", bytes), as: .images)
                #expect(stack.shape == "2 x 3 x 2")
                #expect(stack.slice(0) == firstSlice, "\(datatype) \(isBigEndian)")
                #expect(stack.slice(1) == secondSlice, "\(datatype) \(isBigEndian)")
            }
        }
    }

    @Test func signedExtremesSurvive() throws {
        var fixture = NIfTIFixture(isBigEndian: true)
        fixture.dims = [2, 1, 2, 1, 1, 1, 1, 1]
        fixture.setVoxels([-32768, 32767], datatype: 4)
        #expect(try open(fixture).slice(0) == [-32768, 32767])
        fixture.setVoxels([-2_147_483_648, 2_147_483_647], datatype: 8)
        #expect(try open(fixture).slice(0) == [-2_147_483_648, 2_147_483_647])
        fixture.setVoxels([-128, 127], datatype: 256)
        #expect(try open(fixture).slice(0) == [-128, 127])
    }

    @Test func slopeAndInterceptApply() throws {
        var fixture = NIfTIFixture()
        (fixture.slope, fixture.intercept) = (2, -1024)
        #expect(try open(fixture).slice(0)[0] == -1024)
        #expect(try open(fixture).slice(0)[1] == -1024 + 2 * 32)
    }

    @Test(arguments: [0, Double.nan])
    func slopeOfZeroOrNaNMeansNone(slope: Double) throws {
        var fixture = NIfTIFixture()
        (fixture.slope, fixture.intercept) = (slope, 7)
        #expect(try open(fixture).slice(0)[1] == 32)
    }

    @Test(arguments: [[2, 4, 8], [3, 4, 8, 1], [4, 4, 8, 1, 1], [7, 4, 8, 1, 1, 1, 1, 1]])
    func dimensionsOfOneAreAccepted(dims: [Int]) throws {
        var fixture = NIfTIFixture()
        fixture.dims = dims + Array(repeating: 0, count: 8 - dims.count)
        #expect(try open(fixture).shape == "4 x 8 x 1")
    }

    /// libnifti's own reading may open the sibling.
    @Test func siblingsAreNotConfused() throws {
        var (plain, packed) = (NIfTIFixture(), NIfTIFixture())
        plain.voxels[0] = 11
        packed.voxels[0] = 22
        let plainPath = try folder.file("A.nii", plain.bytes)
        let packedPath = try folder.file("A.nii.gz", gzip(packed.bytes))
        #expect(try openStack(plainPath, as: .images).slice(0)[0] == 11)
        #expect(try openStack(packedPath, as: .images).slice(0)[0] == 22)
    }

    @Test func contentDecidesAndNotTheName() throws {
        let bytes = NIfTIFixture().bytes
        for (name, content) in [
            ("packed.nii", gzip(bytes)), ("plain.nii.gz", bytes), ("no extension", bytes),
            ("quote ' and \"", bytes), ("Lunge ü", gzip(bytes)), ("slices.hdr", bytes),
        ] {
            let stack = try openStack(try folder.file(name, content), as: .images)
            #expect(stack.shape == "4 x 4 x 2", "\(name)")
        }
    }

    @Test func gzipOfSeveralMembersAndZeroPadding() throws {
        let bytes = NIfTIFixture().bytes
        let members = gzip(Array(bytes[..<100])) + gzip([]) + gzip(Array(bytes[100...]))
        let padded = members + [UInt8](repeating: 0, count: 600)
        let stack = try openStack(try folder.file("m.nii.gz", padded), as: .images)
        #expect(stack.slice(1)[0] == 128)
    }

    @Test func extensionsAreSkipped() throws {
        var fixture = NIfTIFixture()
        fixture.afterHeader = [1, 0, 0, 0] + fixture.encode(Int32(32)) + fixture.encode(Int32(6))
        fixture.afterHeader += [UInt8](repeating: 65, count: 24)
        #expect(try open(fixture).slice(0)[1] == 32)
        fixture.afterHeader = [1, 0, 0, 0]
        #expect(try open(fixture).slice(0)[1] == 32, "a flag without extensions is harmless")
    }

    private func open(_ fixture: NIfTIFixture) throws -> any SliceStack {
        try openStack(try folder.file("v.nii", fixture.bytes), as: .images)
    }
}
