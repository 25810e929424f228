import Foundation
import LungfoldImaging
import LungfoldStudy
import Testing

/// What a user may give in the place of a volume: one message that names file, value and rule.
@Suite struct BadVolumeTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    typealias Lie = NIfTIFlaw

    static let lies: [Lie] = [
        Lie("sizeof_hdr", "first four bytes are 347") { $0.sizeofHeader = 347 },
        Lie("magic", "ANALYZE") { $0.magic = [0, 0, 0, 0] },
        Lie("pair", ".hdr/.img pair") { $0.magic = Array("ni1\0".utf8) },
        Lie("dim[0] 0", "dim[0] = 0") { $0.dims[0] = 0 },
        Lie("dim[0] 8", "dim[0] = 8") { $0.dims[0] = 8 },
        Lie("dim[0] negative", "dim[0] = -3") { $0.dims[0] = -3 },
        Lie("one dimension", "one dimension") { $0.dims[0] = 1 },
        Lie("dim zero", "dim[2] = 0") { $0.dims[2] = 0 },
        Lie("dim negative", "dim[3] = -2") { $0.dims[3] = -2 },
        Lie("series", "2 volumes along dimension 4") { $0.dims = [4, 4, 4, 1, 2, 1, 1, 1] },
        Lie("side", "at most 16384") { $0.dims[1] = 20000 },
        Lie("pixels", "a slice has at most 67108864") {
            $0.dims = [3, 16384, 8192, 1, 1, 1, 1, 1]
        },
        Lie("RGB24", "RGB24") { ($0.datatype, $0.bitsPerVoxel) = (128, 24) },
        Lie("complex64", "complex64") { ($0.datatype, $0.bitsPerVoxel) = (32, 64) },
        Lie("float128", "float128") { ($0.datatype, $0.bitsPerVoxel) = (1536, 128) },
        Lie("binary", "binary") { ($0.datatype, $0.bitsPerVoxel) = (1, 1) },
        Lie("type 77", "data type 77") { $0.datatype = 77 },
        Lie("bitpix", "bitpix 16") { $0.bitsPerVoxel = 16 },
        Lie("vox_offset NaN", "vox_offset nan") { $0.voxelOffset = .nan },
        Lie("vox_offset inf", "vox_offset inf") { $0.voxelOffset = .infinity },
        Lie("vox_offset negative", "vox_offset -352") { $0.voxelOffset = -352 },
        Lie("vox_offset fraction", "vox_offset 352.5") { $0.voxelOffset = 352.5 },
        Lie("vox_offset 0", "vox_offset 0") { $0.voxelOffset = 0 },
        Lie("vox_offset past the end", "truncated") { $0.voxelOffset = 4000 },
        Lie("slope inf", "scl_slope inf") { $0.slope = .infinity },
        Lie("inter NaN", "scl_inter nan") { $0.intercept = .nan },
        Lie("huge", "more than") { $0.dims = [3, 16384, 16384, 32767, 1, 1, 1, 1] },
        Lie("truncated", "is truncated: it holds 374 bytes") { $0.voxels.removeLast(10) },
        Lie("trailing", "holds more bytes") { $0.voxels.append(0) },
        Lie("extension of 0", "extension of 0 bytes") {
            $0.afterHeader = [1, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
        },
        Lie("extension not of 16", "extension of 24 bytes") {
            $0.afterHeader = [1, 0, 0, 0, 24, 0, 0, 0] + [UInt8](repeating: 0, count: 28)
        },
        Lie("extension beyond", "extension of 64 bytes") {
            $0.afterHeader = [1, 0, 0, 0, 64, 0, 0, 0] + [UInt8](repeating: 0, count: 28)
        },
        Lie("constant", "every voxel is 7") { $0.voxels = Array(repeating: 7, count: 32) },
        Lie("NaN voxel", "value nan (slice 2, row 0, column 0)") {
            $0.setVoxels((0..<32).map { $0 == 16 ? .nan : Double($0) }, datatype: 16)
        },
        Lie("infinite voxel", "value inf (slice 1, row 1, column 0)") {
            $0.setVoxels((0..<32).map { $0 == 1 ? .infinity : Double($0) }, datatype: 64)
        },
    ]

    @Test(arguments: lies)
    func aHeaderThatLies(_ lie: Lie) throws {
        for isBigEndian in [false, true] where !isBigEndian || !lie.name.hasPrefix("extension") {
            var fixture = NIfTIFixture(isBigEndian: isBigEndian)
            lie.change(&fixture)
            for (name, bytes) in [("v.nii", fixture.bytes), ("v.nii.gz", gzip(fixture.bytes))] {
                let path = try folder.file(name, bytes)
                let error = try failure { _ = try loadImages(path) }
                // A wrong byte order shows in the number itself.
                if !(isBigEndian && lie.name == "sizeof_hdr") {
                    #expect(error.description.contains(lie.says))
                }
                expectGoodMessage(error, naming: path)
            }
        }
    }

    @Test func nifti2WithOverflowingDimensions() throws {
        var fixture = NIfTIFixture(version: 2)
        fixture.dims = [3, 16384, 16384, Int.max, 1, 1, 1, 1]
        let error = try failure { _ = try loadImages(try folder.file("v.nii", fixture.bytes)) }
        #expect(error.problem.contains("more than"))
        fixture.dims = [3, 4, 4, Int.min, 1, 1, 1, 1]
        let negative = try failure { _ = try loadImages(try folder.file("v.nii", fixture.bytes)) }
        #expect(negative.problem.contains("dim[3] = \(Int.min)"))
    }

    @Test(arguments: [
        ("empty.nii", [UInt8](), "empty"),
        ("short.nii", Array(repeating: 92, count: 100), "ends after 100 bytes"),
        ("pointer.nii.gz", Array("version https://git-lfs.github.com/spec/v1\n".utf8), "Git LFS"),
        (
            "page.nii.gz", Array("\n".utf8.dropFirst()) + Array("<!DOCTYPE html><p>".utf8),
            "HTML page"
        ),
        ("page2.nii.gz", Array("<HTML><head>".utf8), "HTML page"),
        ("._v.nii", [0, 5, 22, 7, 0, 2, 0, 0], "AppleDouble"),
        ("text.nii", Array(repeating: 65, count: 400), "no NIfTI file"),
        ("magic.nii.gz", [0x1f, 0x8b], "gzip"),
        ("damaged.nii.gz", [0x1f, 0x8b, 8, 0] + Array(repeating: 0xff, count: 40), "gzip"),
    ])
    func whatIsNoVolume(name: String, bytes: [UInt8], says: String) throws {
        let path = try folder.file(name, bytes)
        let error = try failure { _ = try loadImages(path) }
        #expect(error.description.contains(says))
        #expect(error.kind == .badData)
        expectGoodMessage(error, naming: path)
    }

    @Test func damagedGzip() throws {
        let packed = gzip(NIfTIFixture().bytes)
        var wrongChecksum = packed
        wrongChecksum[packed.count - 6] ^= 1
        var wrongLength = packed
        wrongLength[packed.count - 2] ^= 1
        for (name, bytes, says) in [
            ("truncated", Array(packed.dropLast(20)), "ends in the middle"),
            ("no trailer", Array(packed.dropLast(8)), "ends in the middle"),
            ("checksum", wrongChecksum, "checksum"), ("length", wrongLength, "checksum"),
            ("garbage", packed + [1, 2, 3], "something else after"),
        ] {
            let path = try folder.file("v.nii.gz", bytes)
            let error = try failure { _ = try loadImages(path) }
            #expect(error.problem.contains(says), "\(name)")
        }
    }

    /// 400 bytes must not ask for gigabytes.
    @Test func smallFilesThatDeclareMuch() throws {
        var fixture = NIfTIFixture()
        fixture.dims = [3, 8000, 8000, 240, 1, 1, 1, 1]
        let error = try failure {
            _ = try loadImages(try folder.file("v.nii.gz", gzip(fixture.bytes)))
        }
        #expect(error.problem.contains("cannot hold more than 1032 times"))
    }

    @Test func missingFilesAndOtherThings() throws {
        let missing = folder.path + "/absent.nii"
        #expect(try failure { _ = try loadImages(missing) }.kind == .missingInput)
        let dangling = folder.path + "/link.nii"
        try FileManager.default.createSymbolicLink(
            atPath: dangling, withDestinationPath: missing)
        #expect(try failure { _ = try loadImages(dangling) }.kind == .missingInput)
        let pipe = folder.path + "/pipe.nii"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(try failure { _ = try loadImages(pipe) }.problem.contains("named pipe"))
        #expect(try failure { _ = try loadImages("/dev/zero") }.problem.contains("a device"))
        let empty = try folder.folder("empty")
        #expect(try failure { _ = try loadImages(empty) }.problem.contains("without .png"))
    }

    @Test func damagedFilesNeverCrash() throws {
        let plain = NIfTIFixture().bytes
        var generator = CounterRandom(seed: 1, stream: "damage")
        for round in 0..<1500 {
            var bytes = round % 2 == 0 ? plain : gzip(plain)
            for _ in 0...Int(generator.next() % 4) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            if round % 5 == 0 { bytes.removeLast(Int(generator.next() % UInt64(bytes.count))) }
            let path = try folder.file("v.nii", bytes)
            do {
                _ = try loadImages(path)
            } catch {
                #expect(error is LungfoldError)
            }
        }
    }

    private func expectGoodMessage(_ error: LungfoldError, naming path: String) {
        #expect(error.subject == path)
        #expect(!error.remedy.isEmpty)
        #expect(!error.description.contains("\n"))
    }
}
