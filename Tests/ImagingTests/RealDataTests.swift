import Foundation
import LungfoldImaging
import LungfoldStudy
import Testing

/// The paper's own slices, where they lie beside the package.
@Suite(.enabled(if: realData != nil, "the public data set is not beside the package"))
struct RealDataTests {
    private let folder = realData ?? ""

    @Test func tableOneIsThePapers() throws {
        let inspection = try Inspection(
            imagesPath: "\(folder)/tr_im_256.nii.gz", labelsPath: "\(folder)/tr_mask_512.nii.gz",
            lungsPath: nil)
        let counts = try #require(inspection.classCounts)
        #expect(counts.pixels == [24_394_464, 1_196_461, 589_210, 34_265])
        #expect(counts.imagePixels == [26_214_400, 25_165_824, 20_447_232, 6_553_600])
        #expect(inspection.duplicates.isEmpty && inspection.constantSlices.isEmpty)
        #expect(inspection.lesionsOutside[0].share < Inspection.suspiciousShare)
        #expect(inspection.findings.count == 1, "only that 256 is not 512")
    }

    @Test func halvedLabelsAreTheAuthors() throws {
        let large = try openStack("\(folder)/tr_mask_512.nii.gz", as: .labels)
        let small = try openStack("\(folder)/tr_mask_256.nii.gz", as: .labels)
        for index in 0..<100 {
            let halved = Resize.labels(
                large.slice(index), rows: 512, columns: 512, toRows: 256, toColumns: 256)
            #expect(halved == small.slice(index), "slice \(index + 1)")
        }
    }

    @Test func slicesAreReadAsTheyAre() throws {
        let loader = SliceLoader(
            imagesPath: "\(folder)/tr_im_256.nii.gz", labelsPath: "\(folder)/tr_mask_256.nii.gz")
        var notices: [String] = []
        let set = try loader.load { notices.append($0) }
        #expect(set.count == 100 && set.size == 256)
        #expect(notices.count == 1 && notices[0].contains("as they are"))
        let weights = set.classCounts(task: .multiclass).medianFrequencyWeights
        for (weight, authors) in zip(weights, [0.04103409, 0.80288489, 1.32539608, 7.27038567]) {
            #expect(abs(weight - authors) < 5e-9)
        }
        #expect(try SliceSet(encoded: set.encoded()) == set)
    }

    /// The public copy's defect: the masks of slices 33 and 39 swapped.
    @Test func swappedMasksAreFound() throws {
        let temporary = try TemporaryFolder()
        var bytes = gunzip(try contents(of: "\(folder)/tr_mask_256.nii.gz"))
        let slices = [32, 38].map { 352 + $0 * 65536..<352 + ($0 + 1) * 65536 }
        let saved = Array(bytes[slices[0]])
        bytes.replaceSubrange(slices[0], with: Array(bytes[slices[1]]))
        bytes.replaceSubrange(slices[1], with: saved)
        let swapped = try temporary.file("swapped.nii", bytes)
        let inspection = try Inspection(
            imagesPath: "\(folder)/tr_im_256.nii.gz", labelsPath: swapped, lungsPath: nil)
        #expect(Set(inspection.lesionsOutside.prefix(2).map(\.slice)) == [33, 39])
        #expect(inspection.lesionsOutside[1].share > 0.16)
        #expect(inspection.lesionsOutside[2].share < 0.05)
        #expect(inspection.findings.count == 2)
    }
}
