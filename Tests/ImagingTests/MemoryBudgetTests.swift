import Foundation
import LungfoldImaging
import LungfoldStudy
import Testing

/// Small files must not unfold into more memory than there is.
@Suite struct MemoryBudgetTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func halfOfTheLeastCounts() {
        let gibibyte = 1 << 30
        let cases: [(memory: Int?, space: Int?, bytes: Int)] = [
            (8 * gibibyte, nil, 4 * gibibyte), (8 * gibibyte, 3 * gibibyte, 3 * gibibyte / 2),
            (nil, nil, 16 * gibibyte), (512 * gibibyte, nil, 16 * gibibyte), (1000, -5, 0),
        ]
        for (memory, space, bytes) in cases {
            let budget = MemoryBudget(halfOf: memory, addressSpace: space)
            #expect(budget.available == bytes, "\(memory ?? -1) \(space ?? -1)")
        }
        #expect((1...16 * gibibyte).contains(MemoryBudget.ofThisMachine().available))
    }

    @Test func whatLinuxTellsIsRead() {
        let text =
            "MemTotal:       32 kB\nMemFree:  1 kB\nMemAvailable:   23582832 kB\nBuffers: 9 kB\n"
        #expect(MemoryBudget.freeMemory(inMeminfo: text) == 23_582_832 * 1024)
        #expect(MemoryBudget.freeMemory(inMeminfo: "") == nil)
        #expect(MemoryBudget.freeMemory(inMeminfo: "MemAvailable: much\n") == nil)
    }

    @Test func productsDoNotOverflow() {
        #expect(MemoryBudget.product(3, 4, 5) == 60)
        #expect(MemoryBudget.product(1 << 34, 1 << 28, 5) == .max)
        #expect(MemoryBudget.product(.max, 2, 1) == .max)
    }

    @Test func whatIsTakenIsGone() throws {
        var budget = MemoryBudget(bytes: 100)
        try budget.take(60, of: "a.nii", for: "this", remedy: "Do that")
        let error = try failure {
            try budget.take(41, of: "a.nii", for: "this", remedy: "Do that")
        }
        #expect(error.kind == .badData && error.subject == "a.nii")
        #expect(
            error.problem
                == "needs 41 bytes of memory for this, and 40 may be taken (half of what is free)")
        #expect(error.remedy == "Do that")
        try budget.take(40, of: "a.nii", for: "this", remedy: "Do that")
        #expect(budget.available == 0)
    }

    /// 131 KB that would become 10 GB.
    @Test func manySmallSlicesAtALargeSize() throws {
        var fixture = NIfTIFixture()
        fixture.dims = [3, 2, 2, 32767, 1, 1, 1, 1]
        fixture.voxels = (0..<4 * 32767).map { UInt8(truncatingIfNeeded: $0) }
        let path = try folder.file("v.nii", fixture.bytes)
        let error = try refusal(of: path, size: 256, budget: 1 << 30)
        #expect(
            error.problem.hasPrefix(
                "needs 10737090560 bytes of memory for 32767 slices of 256 x 256, and 10"))
        #expect(error.remedy.contains("--image-size"))
        let sizes = try refusal(of: path, size: 16384, budget: 1 << 30)
        #expect(sizes.problem.contains("32767 slices of 16384 x 16384"))
    }

    @Test func aSliceAtALargeSizeIsCountedWithWhatMakesIt() throws {
        let path = try folder.file("v.nii", NIfTIFixture().bytes)
        // 2 slices x 64 x 64 x 5 bytes, and 8 x 64 x (4 + 64) for one as numbers.
        let slices = 2 * 64 * 64 * 5 + 8 * 64 * 68
        let volume = 352 + 32 + 16 * 4 * 4
        _ = try refusal(of: path, size: 64, budget: slices + volume - 1)
        var loader = SliceLoader(imagesPath: path, size: 64)
        loader.budget = MemoryBudget(bytes: slices + volume)
        #expect(try loader.load { _ in }.count == 2)
        #expect(try loader.unmasked().count == 2)
    }

    @Test func labelsAndLungsAreCountedToo() throws {
        let path = try folder.file("v.nii", NIfTIFixture().bytes)
        let labels = try folder.file("labels.nii", gzip(labelFixture.bytes))
        var loader = SliceLoader(imagesPath: path, labelsPath: labels, size: 4)
        let images = 352 + 32 + 16 * 16 + 2 * 16 * 5 + 8 * 4 * 8
        loader.budget = MemoryBudget(bytes: images + 300)
        let error = try failure { _ = try loader.load { _ in } }
        #expect(error.subject == labels && error.problem.contains("4 x 4 x 2 voxels of uint8"))
        loader.budget = MemoryBudget(bytes: images + 352 + 32 + 16 * 16 + 384)
        #expect(try loader.load { _ in }.hasLabels)
    }

    @Test func gzipIsCountedBeforeItIsInflated() throws {
        var fixture = NIfTIFixture()
        fixture.dims = [3, 256, 256, 64, 1, 1, 1, 1]
        fixture.voxels = (0..<1000).map { UInt8($0 % 251) }
        fixture.voxels += [UInt8](repeating: 0, count: 256 * 256 * 64 - 1000)
        let path = try folder.file("v.nii.gz", gzip(fixture.bytes))
        let error = try refusal(of: path, size: 4, budget: 4 << 20)
        #expect(error.problem.contains("256 x 256 x 64 voxels of uint8"))
        #expect(error.problem.contains("needs \(352 + 64 * 65536 + 16 * 65536) bytes"))
    }

    @Test func filesAreCountedBeforeTheyAreRead() throws {
        let path = try folder.file("v.nii", NIfTIFixture().bytes)
        let error = try refusal(of: path, size: 4, budget: 383)
        #expect(error.problem.contains("needs 384 bytes of memory for the file itself, and 383"))
    }

    @Test func picturesAreCounted() throws {
        let pictures = try folder.folder("slices")
        for name in ["1.png", "2.png"] {
            _ = try folder.file(
                "slices/\(name)",
                try PNGWriter.encode(
                    grey: (0..<65536).map { UInt8(truncatingIfNeeded: $0) }, rows: 256,
                    columns: 256))
        }
        let error = try failure { try load(pictures, 18 * 65536) }
        #expect(error.subject.hasSuffix(".png"))
        #expect(error.problem.contains("for 256 x 256 pixels"))
        // The second slice's samples have no room, whatever was free again after the first.
        let second = try failure { try load(pictures, 19 * 65536 + 60000) }
        #expect(second.subject == "\(pictures)/2.png")
        try load(pictures, 24 * 65536)
    }

    private func load(_ path: String, _ bytes: Int) throws {
        var loader = SliceLoader(imagesPath: path, size: 4)
        loader.budget = MemoryBudget(bytes: bytes)
        _ = try loader.load { _ in }
    }

    private func refusal(of path: String, size: Int, budget: Int) throws -> LungfoldError {
        var loader = SliceLoader(imagesPath: path, size: size)
        loader.budget = MemoryBudget(bytes: budget)
        let error = try failure { _ = try loader.load { _ in } }
        #expect(error.kind == .badData && error.subject == path && !error.remedy.isEmpty)
        return error
    }

    private var labelFixture: NIfTIFixture {
        NIfTIFixture(voxels: (0..<32).map { UInt8($0 % 4) })
    }
}
