import LungfoldImaging
import LungfoldStudy
import Testing

@Suite struct SliceLoaderTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func rowsAreTheFirstAxis() throws {
        var fixture = NIfTIFixture()
        fixture.dims = [3, 2, 2, 1, 1, 1, 1, 1]
        fixture.voxels = [10, 20, 30, 40]
        let set = try loadImages(try file("v.nii", fixture), size: 2)
        #expect(Array(set.image(1)) == [10, 30, 20, 40])
        #expect(!set.hasLabels)
    }

    @Test func hounsfieldUnitsGetTheLungWindow() throws {
        let path = try volume("ct.nii", [-2000, -1000, -300, 400])
        var notices: [String] = []
        let set = try SliceLoader(imagesPath: path, size: 2).load { notices.append($0) }
        #expect(Array(set.image(1)) == [0, 127.5, 0, 255])
        #expect(notices.count == 1 && notices[0].contains("-1000.0 to 400.0"))
    }

    @Test func aGivenWindowIsUsed() throws {
        let window = try GreyWindow(checkedLow: 0, high: 100)
        let set = try loadImages(try volume("ct.nii", [-5, 50, 100, 300]), size: 2, window: window)
        #expect(Array(set.image(1)) == [0, 255, 127.5, 255])
    }

    @Test(arguments: [[0, 0.5, 1, 0.2], [0, 1024, 2048, 3000], [-1, 0, 1, 2]] as [[Double]])
    func otherRangesNeedAWindow(values: [Double]) throws {
        let path = try volume("ct.nii", values)
        let error = try failure { _ = try loadImages(path, size: 2) }
        #expect(error.subject == path && error.remedy.contains("--window LOW,HIGH"))
    }

    @Test(arguments: [(1, 1), (2, 1), (.nan, 1), (0, .infinity)] as [(Double, Double)])
    func windowsThatAreNone(low: Double, high: Double) throws {
        let error = try failure { _ = try GreyWindow(checkedLow: low, high: high) }
        #expect(error.kind == .usage && error.subject == "--window")
    }

    @Test func lungsBlackenWhatLiesOutside() throws {
        let images = try volume("im.nii", [10, 20, 30, 40])
        let lungs = try volume("lungs.nii", [0, 1, 2, 255])
        let set = try SliceLoader(imagesPath: images, lungsPath: lungs, size: 2).load { _ in }
        #expect(Array(set.image(1)) == [0, 30, 20, 40])
    }

    @Test func labelsAreRead() throws {
        let images = try volume("im.nii", [10, 20, 30, 40])
        let labels = try volume("labels.nii", [0, 1, 2, 3])
        let set = try SliceLoader(imagesPath: images, labelsPath: labels, size: 2).load { _ in }
        #expect(Array(set.labels(1)) == [0, 2, 1, 3])
        #expect(set.classCounts(task: .multiclass).pixels == [1, 1, 1, 1])
        #expect(set.classCounts(task: .binary).imagePixels == [4, 4])
    }

    @Test(
        arguments: [
            (0.9999, "Resample labels by nearest"), (-1, "map its classes"), (4, "map its classes"),
            (.nan, "no number"), (255, "divide it by 255"),
        ] as [(Double, String)])
    func valuesThatAreNoLabels(value: Double, advice: String) throws {
        let images = try volume("im.nii", [10, 20, 30, 40])
        let labels = try volume("labels.nii", [0, 1, value, 1])
        let loader = SliceLoader(imagesPath: images, labelsPath: labels, size: 2)
        let error = try failure { _ = try loader.load { _ in } }
        #expect(error.subject == labels && error.kind == .badData)
        #expect(error.problem.contains("has the value \(value) (slice 1, row 0, column 1)"))
        #expect(error.remedy.contains(advice))
    }

    @Test func shapesMustAgree() throws {
        let images = try volume("im.nii", [10, 20, 30, 40])
        let other = try file("other.nii", NIfTIFixture())
        for loader in [
            SliceLoader(imagesPath: images, labelsPath: other, size: 2),
            SliceLoader(imagesPath: images, lungsPath: other, size: 2),
        ] {
            let error = try failure { _ = try loader.load { _ in } }
            #expect(error.subject == other)
            #expect(error.problem.contains("4 x 4 x 2, but \(images) has 2 x 2 x 1"))
        }
    }

    @Test func slicesMustBeSquare() throws {
        var fixture = NIfTIFixture()
        fixture.dims = [3, 8, 4, 1, 1, 1, 1, 1]
        let error = try failure { _ = try loadImages(try file("v.nii", fixture)) }
        #expect(error.problem.contains("slices of 8 x 4"))
    }

    @Test(arguments: [0, -4, 100_000])
    func impossibleSizes(size: Int) throws {
        let path = try file("v.nii", NIfTIFixture())
        let error = try failure { _ = try loadImages(path, size: size) }
        #expect(error.subject == "--image-size" && error.problem.contains("\(size)"))
    }

    @Test func aConstantLungMaskIsRefused() throws {
        let images = try volume("im.nii", [10, 20, 30, 40])
        let lungs = try volume("lungs.nii", [1, 1, 1, 1])
        let loader = SliceLoader(imagesPath: images, lungsPath: lungs, size: 2)
        #expect(try failure { _ = try loader.load { _ in } }.subject == lungs)
    }

    /// One slice of 2 x 2 float64 voxels in file order.
    private func volume(_ name: String, _ values: [Double]) throws -> String {
        var fixture = NIfTIFixture()
        fixture.dims = [3, 2, 2, 1, 1, 1, 1, 1]
        fixture.setVoxels(values, datatype: 64)
        return try file(name, fixture)
    }

    private func file(_ name: String, _ fixture: NIfTIFixture) throws -> String {
        try folder.file(name, fixture.bytes)
    }
}
