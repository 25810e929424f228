import Foundation
import LungfoldImaging
import LungfoldStudy
import Testing

/// Small PNG files that would unfold into much.
@Suite struct HostilePNGTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private let grey: [[UInt8]] = [[0, 10], [200, 255]]

    /// Each of 126 texts inflates to 8 MB; unread, they cost nothing.
    @Test func compressedTextsAreNotRead() throws {
        let text = PNGFixture.chunk(
            "zTXt", Array("a".utf8) + [0, 0] + PNGFixture.zlib(zeros: 7_900_000))
        let path = try picture(
            PNGFixture(
                rows: 2, columns: 2, extra: Array(repeatElement(text, count: 126).joined()),
                lines: grey))
        var values: [Double] = []
        let time = try ContinuousClock().measure {
            values = try openStack(path, as: .images).slice(0)
        }
        #expect(values == [0, 10, 200, 255])
        #expect(time < .seconds(5), "inflated, they take 18 s")
    }

    /// What cameras and editors put into files, and what no standard knows.
    @Test func otherChunksAreSkipped() throws {
        for (name, data) in [
            ("tEXt", Array("a\0b".utf8)), ("gAMA", [0, 0, 1, 0]),
            ("pHYs", [UInt8](repeating: 1, count: 9)),
            ("tRNS", [0, 10]), ("tEXt", [65, 0] + [UInt8](repeating: 66, count: 400_000)),
            ("prVt", [UInt8](repeating: 1, count: 400_000)), ("iCCP", [1, 2, 3]),
        ] {
            let path = try picture(
                PNGFixture(
                    rows: 2, columns: 2, extra: PNGFixture.chunk(name, data), lines: grey))
            #expect(try openStack(path, as: .images).slice(0) == [0, 10, 200, 255], "\(name)")
        }
    }

    @Test func interlacedPicturesAreRead() throws {
        // Of a picture of 2 x 2, Adam7's first, sixth and seventh pass have pixels.
        let path = try picture(
            PNGFixture(
                rows: 2, columns: 2, isInterlaced: true, lines: [[0], [10], [200, 255]]))
        #expect(try openStack(path, as: .images).slice(0) == [0, 10, 200, 255])
        let colours = try picture(
            PNGFixture(
                rows: 2, columns: 2, colourType: 2, isInterlaced: true,
                lines: [[0, 0, 0], [10, 10, 11], [200, 200, 200, 255, 255, 255]]))
        let error = try failure { _ = try openStack(colours, as: .images) }
        #expect(error.problem.contains("coloured"))
    }

    /// 38 KB of 16384 x 16384 pixels of one bit.
    @Test func tooManyPixels() throws {
        let path = try picture(
            PNGFixture(
                rows: 16384, columns: 16384, bitDepth: 1,
                extra: PNGFixture.chunk("prVt", [UInt8](repeating: 1, count: 5000)), lines: [],
                compressed: PNGFixture.zlib(zeros: 16384 * 2049)))
        let error = try failure { _ = try openStack(path, as: .images) }
        #expect(error.kind == .badData && error.subject == "\(path)/1.png")
        #expect(error.problem == "has 16384 x 16384 pixels; a slice has at most 67108864")
    }

    @Test func aLongPictureOfOneBitIsRead() throws {
        let path = try picture(
            PNGFixture(
                rows: 16384, columns: 8, bitDepth: 1, lines: [],
                compressed: PNGFixture.zlib(zeros: 16384 * 2)))
        let stack = try openStack(path, as: .labels)
        #expect(stack.shape == "16384 x 8 x 1")
        #expect(stack.slice(0).allSatisfy { $0 == 0 })
    }

    /// A new folder of one picture.
    private func picture(_ fixture: PNGFixture) throws -> String {
        let name = UUID().uuidString
        let path = try folder.folder(name)
        _ = try folder.file("\(name)/1.png", fixture.bytes)
        return path
    }
}
