import Foundation
import XCTest

/// A phantom of ten small slices and a study on it that takes a moment.
enum TinyStudy {
    /// The folder with the phantom's three files, made by the program itself.
    static let data: String = {
        let folder = Scratch.path("phantom")
        let outcome = try? Program.run([
            "phantom", "--output", folder, "--slices", "10", "--size", "32",
        ])
        return outcome?.code == 0 ? folder : "no phantom: \(outcome?.errors ?? "it did not start")"
    }()

    static var images: String { "\(data)/tr_im.nii.gz" }
    static var labels: String { "\(data)/tr_mask.nii.gz" }
    static var lungs: String { "\(data)/lung_mask.nii.gz" }

    /// A network small enough for tests.
    static let size = ["--image-size", "32", "--filters", "4", "--depth", "2"]

    /// Both networks and tasks, one experiment, two folds: 8 jobs.
    static func arguments(
        output: String, images: String = images, labels: String = labels, epochs: Int = 2,
        _ more: [String] = []
    ) -> [String] {
        [
            "study", "--images", images, "--labels", labels, "--output", output, "--experiments",
            "4", "--folds", "1,2", "--epochs", "\(epochs)",
        ] + size + more
    }

    /// A finished study that tests may copy but not change.
    static let finished: String = {
        let folder = Scratch.path("finished")
        let outcome = try? Program.run(arguments(output: folder, ["--threads", "1"]))
        return outcome?.code == 0 ? folder : "no study: \(outcome?.errors ?? "it did not start")"
    }()

    /// A copy of it.
    static func copy() throws -> String {
        let folder = Scratch.path("copy")
        try FileManager.default.copyItem(atPath: finished, toPath: folder)
        return folder
    }

    static func weights(_ job: String) -> String { "\(finished)/jobs/\(job)/weights.safetensors" }
}
