import ArgumentParser
import Foundation
import LungfoldRun
import LungfoldStudy

/// The program: one file a command in this folder, each a few options and one call into LungfoldRun.
@main
struct Lungfold: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lungfold",
        abstract: "Trains SegNet and U-Net on lung CT slices and compares them, under mpirun.",
        discussion: """
            Repeats the study of Saood and Hatem (BMC Med Imaging 21:19, 2021): two networks, nine \
            experiments, five folds, binary and multiclass lesion segmentation. The trainings are \
            spread over the ranks of mpirun; rank 0 writes one report.

            A first look, without data of your own:
              lungfold phantom --output data --slices 20 --size 64
              mpirun -n 2 --bind-to none lungfold study --images data/tr_im.nii.gz \\
                --labels data/tr_mask.nii.gz --output study \\
                --image-size 64 --filters 8 --epochs 10

            Exit codes: 0 done, 3 some trainings failed, 64 usage, 65 bad data, 66 missing input, \
            70 a defect, 73 output cannot be created, 74 reading or writing failed, 75 stopped \
            early and can be continued, 78 bad configuration file.
            """,
        version: Program.version,
        subcommands: [
            StudyCommand.self, StatusCommand.self, TrainCommand.self, EvaluateCommand.self,
            PredictCommand.self, DreamCommand.self,
            InspectCommand.self, PhantomCommand.self, ReportCommand.self, BenchCommand.self,
            DoctorCommand.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as EndOfRun {
            Foundation.exit(error.code)
        } catch {
            end(with: error)
        }
    }

    /// Says what went wrong, once whatever the number of ranks, and ends the process with its code.
    private static func end(with error: any Error) -> Never {
        let code = (error as? LungfoldError)?.exitCode ?? exitCode(for: error).rawValue
        guard Console.speaks else {
            // mpirun ends all ranks as soon as one fails; rank 0 must have spoken by then.
            if code != 0 { Thread.sleep(forTimeInterval: 1) }
            Foundation.exit(code)
        }
        guard let error = error as? LungfoldError else { exit(withError: error) }
        Console.warn("error: \(error)")
        Foundation.exit(code)
    }
}

/// The end of a command that all ranks ran, with its exit code: everything has been said.
private struct EndOfRun: Error {
    let code: Int32
}

/// Ends a command that all ranks ran.
func finish(_ code: Int32) throws {
    if code != 0 { throw EndOfRun(code: code) }
}

extension LungfoldError {
    fileprivate var exitCode: Int32 { Int32(kind.rawValue) }
}
