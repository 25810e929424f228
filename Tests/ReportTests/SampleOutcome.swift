import LungfoldReport
import LungfoldStudy

/// Made-up studies of few slices, small enough to check by hand.
enum Sample {
    static let experiments: [NetworkKind: [Experiment]] = [
        .segnet: Array(Experiment.paper(.segnet).prefix(2)),
        .unet: [
            Experiment.paper(.unet)[0], Experiment(number: 10, learningRate: 2e-5, miniBatch: 3),
        ],
    ]

    /// Both networks and tasks, two experiments, two of five folds of ten slices.
    static func grid() throws -> Study {
        Study(
            experiments: experiments, folds: [1, 2],
            splits: try Study.splits(for: .grid, sliceCount: 10, seed: 1))
    }

    /// A study of one network and the binary task on three slices, of which one is tested.
    static func tiny(_ protocol: StudyProtocol = .holdout, slices: Int = 3) throws -> Study {
        Study(
            protocol: `protocol`, networks: [.segnet], tasks: [.binary],
            experiments: [.segnet: [Experiment(number: 1, learningRate: 1e-3, miniBatch: 1)]],
            splits: try Study.splits(for: `protocol`, sliceCount: slices, seed: 1))
    }

    /// A result whose counts are drawn from the job's key: any, but always the same.
    static func result(_ job: Job) -> JobResult {
        var random = CounterRandom(seed: 1, stream: job.key)
        func matrix() -> ConfusionMatrix {
            let classes = job.task.classCount
            // The last class occurs in no slice of the first fold, which makes its scores 0/0 there.
            let present = job.split.name == "fold1" ? classes - 1 : classes
            return ConfusionMatrix(
                rows: (0..<classes).map { truth in
                    (0..<classes).map { prediction in
                        guard truth < present, prediction < present else { return 0 }
                        return Int(random.next() % (truth == prediction ? 100 : 10))
                    }
                })
        }
        let test = job.split.test.map { _ in matrix() }
        return result(job, test: test, validation: job.split.validation.map { _ in matrix() })
    }

    static func result(_ job: Job, test: [ConfusionMatrix], validation: [ConfusionMatrix])
        -> JobResult
    {
        var history = History()
        history.epochs = [
            History.Epoch(epoch: 1, learningRate: 1e-3, trainingLoss: 0.5, trainingAccuracy: 0.75)
        ]
        history.validations = [
            History.Validation(
                epoch: 1, iteration: 10, loss: .nan, accuracy: 0.5, dice: [0.5, nil])
        ]
        return JobResult(
            job: job, classWeights: job.task.classNames.map { _ in 1.5 }, inputMean: 21.98,
            testConfusion: test, validationConfusion: validation, history: history)
    }

    /// The grid with a failed and a missing job, the labels the paper's, and a stray failure.
    static func partialGrid() throws -> StudyOutcome {
        let study = try grid()
        let jobs = study.jobs()
        return StudyOutcome(
            study: study,
            results: jobs.filter { ![jobs[1], jobs[6]].contains($0) }.map(result),
            failures: [
                JobFailure(key: jobs[1].key, reason: "epoch 3: the loss is <nan> | \"not finite\""),
                JobFailure(key: "unet-binary-e9-fold1", reason: "from another study"),
            ],
            classCounts: PaperResults.classCounts)
    }

    /// A finished binary study on folds of 4 x 4 pixels, with its slices: truth is the left half,
    /// SegNet finds its left column, U-Net all of it and a pixel more in even slices.
    static func illustrated() throws -> StudyOutcome {
        let study = Study(
            tasks: [.binary],
            experiments: [
                .segnet: [Experiment.paper(.segnet)[0]], .unet: [Experiment.paper(.unet)[0]],
            ], splits: try Study.splits(for: .grid, sliceCount: 15, seed: 1))
        let truth: [UInt8] = (0..<16).map { $0 % 4 < 2 ? 1 : 0 }
        func prediction(_ job: Job, _ slice: Int) -> [UInt8] {
            if job.network == .segnet { return (0..<16).map { $0 % 4 < 1 ? 1 : 0 } }
            return (0..<16).map { $0 % 4 < 2 || (slice % 2 == 0 && $0 == 3) ? 1 : 0 }
        }
        var material = SliceMaterial(
            size: 4, images: Array(repeating: Array(repeating: 90, count: 16), count: 15),
            labels: Array(repeating: truth, count: 15))
        let results = study.jobs().map { job in
            let predictions = job.split.test.map { prediction(job, $0) }
            material.predictions[job.key] = predictions
            let matrices = predictions.map { prediction in
                var matrix = ConfusionMatrix(classCount: 2)
                matrix.add(truth: truth, prediction: prediction)
                return matrix
            }
            return result(
                job, test: matrices, validation: job.split.validation.map { _ in matrices[0] })
        }
        var outcome = StudyOutcome(study: study, results: results)
        outcome.material = material
        return outcome
    }
}
