import Foundation
import LungfoldImaging
import LungfoldStudy
import Testing

@Suite struct PNGTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private let grey: [[UInt8]] = [[0, 10], [200, 255]]

    @Test func whatIsWrittenIsRead() throws {
        let picture = try PNGWriter.encode(grey: grey.flatMap { $0 }, rows: 2, columns: 2)
        let path = try pictures(["a.png": picture])
        #expect(try openStack(path, as: .images).slice(0) == [0, 10, 200, 255])
        let rgb = try PNGWriter.encode(
            rgb: [1, 1, 1, 7, 7, 7, 9, 9, 9], rows: 1, columns: 3)
        #expect(try openStack(try pictures(["c.png": rgb]), as: .images).slice(0) == [1, 7, 9])
    }

    @Test func greyInEveryColourType() throws {
        let files: [String: PNGFixture] = [
            "grey": PNGFixture(rows: 2, columns: 2, lines: grey),
            "rgb": PNGFixture(
                rows: 2, columns: 2, colourType: 2,
                lines: grey.map { $0.flatMap { [$0, $0, $0] } }),
            "grey alpha": PNGFixture(
                rows: 2, columns: 2, colourType: 4, lines: grey.map { $0.flatMap { [$0, 128] } }),
            "rgba": PNGFixture(
                rows: 2, columns: 2, colourType: 6,
                lines: grey.map { $0.flatMap { [$0, $0, $0, 1] } }),
            "palette": PNGFixture(
                rows: 2, columns: 2, colourType: 3,
                palette: [200, 200, 200, 0, 0, 0, 255, 255, 255, 10, 10, 10],
                lines: [[1, 3], [0, 2]]),
        ]
        for (name, file) in files {
            let stack = try openStack(try pictures(["\(name).png": file.bytes]), as: .images)
            #expect(stack.slice(0) == [0, 10, 200, 255], "\(name)")
        }
    }

    @Test func fewBitsAreStretchedAsImagesAndKeptAsLabels() throws {
        let path = try pictures([
            "a.PNG": PNGFixture(rows: 1, columns: 4, bitDepth: 2, lines: [[0b0001_1011]]).bytes
        ])
        #expect(try openStack(path, as: .images).slice(0) == [0, 85, 170, 255])
        #expect(try openStack(path, as: .labels).slice(0) == [0, 1, 2, 3])
    }

    @Test func sixteenBitsAreScaledAndSaidAloud() throws {
        let path = try pictures([
            "a.png": PNGFixture(
                rows: 2, columns: 2, bitDepth: 16, lines: [[0, 0, 0xff, 0xff], [0x80, 0, 1, 1]]
            ).bytes
        ])
        var notices: [String] = []
        let set = try SliceLoader(imagesPath: path, size: 2).load { notices.append($0) }
        #expect(set.image(1)[0] == 0 && set.image(1)[1] == 255)
        #expect(abs(set.image(1)[2] - 0x8000 * 255 / 65535) < 1e-3)
        #expect(notices.count == 1 && notices[0].contains("16-bit"))
    }

    @Test func namesAreInNaturalOrder() throws {
        let names = ["im (10)", "im (2)", "im (1)", "a", "im (02)"].map { "\($0).png" }
        #expect(
            names.sorted(by: NaturalOrder.precedes)
                == ["a", "im (1)", "im (02)", "im (2)", "im (10)"].map { "\($0).png" })
        let long = ["s99999999999999999999999.png", "s100000000000000000000000.png"]
        #expect(long.reversed().sorted(by: NaturalOrder.precedes) == long)
    }

    @Test func aFolderOfImagesAndOneOfMasks() throws {
        var (images, masks): ([String: [UInt8]], [String: [UInt8]]) = ([:], [:])
        for index in 1...12 {
            let value = UInt8(20 * index)
            images["im\(index).png"] = try PNGWriter.encode(
                grey: [value, 0, 0, 0], rows: 2, columns: 2)
            masks["mask\(index).png"] = try PNGWriter.encode(
                grey: [UInt8(index % 4), 0, 0, 0], rows: 2, columns: 2)
        }
        images[".hidden.png"] = [1]
        images["notes.txt"] = [1]
        let set = try SliceLoader(
            imagesPath: try pictures(images), labelsPath: try pictures(masks), size: 2
        ).load { _ in }
        #expect(set.count == 12)
        for number in 1...12 {
            #expect(Array(set.image(number)) == [Float(20 * number), 0, 0, 0])
            #expect(Array(set.labels(number)) == [UInt8(number % 4), 0, 0, 0])
        }
    }

    @Test func badPictures() throws {
        let good = PNGFixture(rows: 2, columns: 2, lines: grey).bytes
        var wrongChecksum = good
        wrongChecksum[good.count - 20] ^= 1
        let coloured = PNGFixture(
            rows: 1, columns: 1, colourType: 2, lines: [[200, 0, 0]]
        ).bytes
        let huge = PNGFixture(rows: 16384, columns: 16384, lines: [[0]]).bytes
        let tooHuge = PNGFixture(rows: 1, columns: 70000, lines: [[0]]).bytes
        for (name, bytes, says) in [
            ("truncated", Array(good.dropLast(30)), "no readable PNG"),
            ("checksum", wrongChecksum, "no readable PNG"),
            ("text", [65, 66, 67], "no readable PNG"),
            ("coloured", coloured, "coloured"), ("huge", huge, "16384 x 16384 pixels in"),
            ("too huge", tooHuge, "no readable PNG"), ("empty", [], "empty"),
        ] {
            let path = try pictures(["bad.png": bytes])
            let error = try failure { _ = try loadImages(path) }
            #expect(error.description.contains(says), "\(name): \(error)")
            #expect(error.subject == "\(path)/bad.png" && error.kind == .badData)
        }
    }

    @Test func slicesOfDifferentSizes() throws {
        let path = try pictures([
            "1.png": try PNGWriter.encode(grey: [0, 1], rows: 1, columns: 2),
            "2.png": try PNGWriter.encode(grey: [0, 1], rows: 2, columns: 1),
        ])
        let error = try failure { _ = try loadImages(path) }
        #expect(error.problem == "has 2 x 1 pixels, but 1.png has 1 x 2")
    }

    @Test func damagedPicturesNeverCrash() throws {
        let good = PNGFixture(rows: 2, columns: 2, lines: grey).bytes
        var generator = CounterRandom(seed: 2, stream: "damage")
        for _ in 0..<800 {
            var bytes = good
            for _ in 0...Int(generator.next() % 3) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            let path = try folder.folder("damaged")
            _ = try folder.file("damaged/a.png", bytes)
            do {
                _ = try loadImages(path)
            } catch {
                #expect(error is LungfoldError)
            }
        }
    }

    /// A new folder of files.
    private func pictures(_ files: [String: [UInt8]]) throws -> String {
        let name = UUID().uuidString
        let path = try folder.folder(name)
        for (file, bytes) in files { _ = try folder.file("\(name)/\(file)", bytes) }
        return path
    }
}
