import Foundation
import LungfoldImaging
import LungfoldStudy
import Testing

@Suite struct PhantomTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func filesOfOneSeedAreEqualByteForByte() throws {
        let paths = try ["a", "b"].map {
            try Phantom(slices: 3, size: 48, seed: 7).write(to: "\(folder.path)/\($0)")
        }
        for (first, second) in zip(paths[0], paths[1]) {
            #expect(try contents(of: first) == contents(of: second))
        }
        let other = try Phantom(slices: 3, size: 48, seed: 8).write(to: "\(folder.path)/c")
        #expect(try contents(of: paths[0][0]) != contents(of: other[0]))
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/a")
        #expect(left.sorted() == Phantom.fileNames.sorted(), "no temporary file stays")
    }

    @Test func filesAreReadAsTheyWereDrawn() throws {
        let phantom = try Phantom(slices: 4, size: 32, seed: 1)
        let paths = try phantom.write(to: folder.path)
        let loader = SliceLoader(
            imagesPath: paths[0], labelsPath: paths[1], lungsPath: paths[2], size: 32)
        #expect(try loader.load { _ in } == phantom.sliceSet())
    }

    @Test func longerPhantomsBeginAsShorterOnes() throws {
        let (short, long) = (
            try Phantom(slices: 2, size: 32, seed: 1), try Phantom(slices: 3, size: 32, seed: 1)
        )
        #expect(Array(long.images.prefix(2)) == short.images)
    }

    @Test func classesAreAsUnequalAsInThePaper() throws {
        let set = try Phantom(slices: 100, size: 64, seed: 1).sliceSet()
        let counts = set.classCounts(task: .multiclass)
        let shares = counts.pixels.map { Double($0) / Double(100 * 64 * 64) }
        #expect((0.03...0.065).contains(shares[1]))
        #expect((0.013...0.035).contains(shares[2]))
        #expect((0.0008...0.002).contains(shares[3]))
        #expect(counts.imagePixels[3] / 4096 == 25 - 1, "slice 38 of 25 is without lesions")
        #expect((70...90).contains(counts.imagePixels[2] / 4096))
        let healthy = (1...100).filter { number in set.labels(number).allSatisfy { $0 == 0 } }
        #expect(healthy == [13, 38, 63, 88])
    }

    @Test func lesionsLieInTheLungsAndLookDifferent() throws {
        let phantom = try Phantom(slices: 12, size: 128, seed: 2)
        var sums = Array(repeating: (count: 0, sum: 0.0, squares: 0.0), count: 5)
        for (image, (labels, lungs)) in zip(phantom.images, zip(phantom.labels, phantom.lungs)) {
            for index in image.indices {
                #expect(labels[index] == 0 || lungs[index] == 1)
                let kind = lungs[index] == 0 ? 4 : Int(labels[index])
                sums[kind].count += 1
                sums[kind].sum += Double(image[index])
                sums[kind].squares += Double(image[index]) * Double(image[index])
            }
        }
        let means = sums.map { $0.sum / Double($0.count) }
        let deviations = zip(sums, means).map {
            ($0.squares / Double($0.count) - $1 * $1).squareRoot()
        }
        #expect(means[1] > means[0] + 20, "haze is brighter than lung: \(means)")
        #expect(means[2] > means[1] + 40, "consolidation is dense: \(means)")
        #expect(deviations[3] < deviations[2], "effusion is even: \(deviations)")
    }

    @Test(arguments: [(0, 64), (5, 8), (20000, 64), (5, 5000)])
    func impossibleRequests(slices: Int, size: Int) throws {
        let error = try failure { _ = try Phantom(slices: slices, size: size, seed: 1) }
        #expect(error.kind == .usage)
    }

    @Test func foldersThatCannotBeWritten() throws {
        let phantom = try Phantom(slices: 1, size: 16, seed: 1)
        let file = try folder.file("file", [1])
        for target in ["\(folder.path)/no/such/folder", "\(file)/inside", file] {
            let error = try failure { try phantom.write(to: target) }
            #expect(error.kind == .cannotCreate && error.subject.hasPrefix(target))
        }
    }
}
