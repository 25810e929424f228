import LungfoldReport
import LungfoldStudy

extension Sample {
    /// A finished grid of both networks and tasks over 15 slices of 8 x 8 pixels, two experiments each,
    /// with a lung mask. Lesions, and what is made of them, are drawn from the study's names: any, but
    /// always the same. Of every class there are slices that have none of it; the first has no lesion.
    static func pixels() throws -> StudyOutcome {
        let study = Study(
            experiments: experiments, splits: try Study.splits(for: .grid, sliceCount: 15, seed: 1))
        let labels = (1...15).map { number in
            var random = CounterRandom(seed: 1, stream: "labels \(number)")
            let classes = (1...3).filter { _ in number > 1 && random.uniform() < 0.6 }
                .map(UInt8.init)
            return (0..<64).map { _ -> UInt8 in
                random.uniform() < 0.5 ? 0 : classes.randomElement(using: &random) ?? 0
            }
        }
        func prediction(_ job: Job, _ number: Int) -> [UInt8] {
            var random = CounterRandom(seed: 1, stream: "\(job.key) \(number)")
            let errors = 0.5 * random.uniform()
            return labels[number - 1].map { label in
                guard random.uniform() < errors else { return job.task.classIndex(ofLabel: label) }
                return UInt8(random.next() % UInt64(job.task.classCount))
            }
        }
        var material = SliceMaterial(
            size: 8, images: Array(repeating: Array(repeating: 90, count: 64), count: 15),
            labels: labels)
        material.lungs = Array(
            repeating: (0..<64).map { (1..<7).contains($0 % 8) ? 1 : 0 }, count: 15)
        let results = study.jobs().map { job in
            func matrices(_ numbers: [Int], _ predictions: [[UInt8]]) -> [ConfusionMatrix] {
                zip(numbers, predictions).map { number, prediction in
                    var matrix = ConfusionMatrix(classCount: job.task.classCount)
                    matrix.add(
                        truth: labels[number - 1].map { job.task.classIndex(ofLabel: $0) },
                        prediction: prediction)
                    return matrix
                }
            }
            func predictions(_ numbers: [Int]) -> [[UInt8]] {
                numbers.map { prediction(job, $0) }
            }
            let split = job.split
            material.predictions[job.key] = predictions(split.test)
            return result(
                job, test: matrices(split.test, predictions(split.test)),
                validation: matrices(split.validation, predictions(split.validation)))
        }
        var outcome = StudyOutcome(
            study: study, results: results,
            classCounts: ClassCounts(slices: labels, task: .multiclass))
        outcome.material = material
        return outcome
    }

    /// A finished binary grid of both networks over 15 slices of 16 pixels.
    /// - Parameter matrix: the confusion matrix of a network on a slice.
    static func binaryGrid(
        _ matrix: (NetworkKind, Int) -> ConfusionMatrix
    ) throws -> StudyOutcome {
        let study = Study(
            tasks: [.binary],
            experiments: [
                .segnet: [Experiment.paper(.segnet)[0]], .unet: [Experiment.paper(.unet)[0]],
            ], splits: try Study.splits(for: .grid, sliceCount: 15, seed: 1))
        return StudyOutcome(
            study: study,
            results: study.jobs().map { job in
                result(
                    job, test: job.split.test.map { matrix(job.network, $0) },
                    validation: job.split.validation.map { matrix(job.network, $0) })
            })
    }
}
