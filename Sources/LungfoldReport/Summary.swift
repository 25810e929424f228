import LungfoldStudy

/// The whole report as one JSON value: no times, hosts or dates, so that the same results give the same
/// bytes.
struct Summary {
    let findings: Findings
    private var study: Study { findings.study }

    var json: JSONValue {
        .object([
            "format": .integer(1),
            "study": studyJSON,
            "classCounts": classCounts,
            "deviationsFromPaper": .strings(Deviations.list(findings.outcome)),
            "unreadable": .strings(findings.outcome.unreadable),
            "jobs": .array(findings.records.map(job)),
            "jobCounts": .object([
                "expected": .integer(findings.records.count),
                "finished": .integer(findings.counts.finished),
                "failed": .integer(findings.counts.failed),
                "missing": .integer(findings.counts.missing),
            ]),
            "unexpectedJobs": .strings(findings.unexpected),
            "experiments": .array(findings.groups.flatMap(experiments)),
            "best": .array(findings.groups.map(best)),
            "folds": .array(findings.groups.compactMap(folds)),
            "comparisons": comparisons,
            "selections": selections,
            "testSlices": testSlices,
        ])
    }

    private var studyJSON: JSONValue {
        let settings = study.settings
        return .object([
            "protocol": .string(study.protocol.rawValue),
            "networks": .strings(study.networks.map(\.rawValue)),
            "tasks": .strings(study.tasks.map(\.rawValue)),
            "folds": .integers(study.protocol == .holdout ? [] : study.folds),
            "selectOn": .string(study.selectOn.rawValue),
            "preparation": preparation,
            "splits": .array(
                study.splits.map { split in
                    .object([
                        "name": .string(split.name), "training": .integers(split.training),
                        "validation": .integers(split.validation), "test": .integers(split.test),
                    ])
                }),
            "settings": .object([
                "epochs": .integer(settings.epochs), "imageSize": .integer(settings.imageSize),
                "depth": .integer(settings.depth), "filters": .integer(settings.filters),
                // As text: JSON's readers keep 53 bits of a number, and a seed has 64.
                "seed": .string("\(settings.seed)"), "augment": .bool(settings.augment),
                "classWeightsFrom": .string(settings.classWeightsFrom.rawValue),
                "convolution": .string(settings.convolution.rawValue),
                "validationInterval": .integer(settings.validationInterval),
            ]),
        ])
    }

    private var preparation: JSONValue {
        guard let preparation = findings.outcome.origin.preparation else { return .null }
        return .object([
            "hasLungMask": .bool(preparation.hasLungMask),
            "window": preparation.window.map { .array([.number($0.low), .number($0.high)]) }
                ?? .null,
        ])
    }

    private var classCounts: JSONValue {
        guard let counts = findings.outcome.classCounts else { return .null }
        return .object([
            "pixels": .integers(counts.pixels), "imagePixels": .integers(counts.imagePixels),
        ])
    }

    // MARK: Jobs

    private func job(_ record: JobRecord) -> JSONValue {
        var members = identity(
            record.job.network, record.job.task, record.job.experiment)
        members["key"] = .string(record.job.key)
        members["split"] = .string(record.job.split.name)
        members["state"] = .string(record.stateName)
        switch record.state {
        case .missing: break
        case .failed(let reason): members["reason"] = .string(reason)
        case .finished(let result): members.merge(outcome(result)) { first, _ in first }
        }
        return .object(members)
    }

    private func outcome(_ result: JobResult) -> [String: JSONValue] {
        let last = result.history.validations.last
        return [
            "classWeights": .array(result.classWeights.map { .number($0) }),
            "inputMean": .number(result.inputMean),
            "test": slices(
                result.accuracies(on: .test), of: result.split.test, result.testConfusion,
                result.task),
            "validation": slices(
                result.accuracies(on: .validation), of: result.split.validation,
                result.validationConfusion, result.task),
            "lastTrainingLoss": .optional(result.history.epochs.last?.trainingLoss),
            "lastValidationLoss": .optional(last?.loss),
        ]
    }

    private func slices(
        _ accuracies: [Double?], of numbers: [Int], _ matrices: [ConfusionMatrix],
        _ task: SegmentationTask
    ) -> JSONValue {
        .object([
            "slices": .integers(numbers),
            "accuracyPerSlice": .array(accuracies.map { .optional($0) }),
            "accuracy": statistics(Statistics(accuracies)),
            "pooled": confusion(.pooled(matrices, classCount: task.classCount), task),
        ])
    }

    // MARK: Experiments

    private func experiments(_ group: GroupFindings) -> [JSONValue] {
        group.experiments.map { findings in
            var members = identity(group.network, group.task, findings.experiment)
            members["splits"] = .integer(findings.records.count)
            members["finishedSplits"] = .integer(findings.records.compactMap(\.result).count)
            members["testAccuracy"] = statistics(findings.test)
            members["validationAccuracy"] = statistics(findings.validation)
            return .object(members)
        }
    }

    private func best(_ group: GroupFindings) -> JSONValue {
        var members = identity(group.network, group.task, group.selection?.experiment)
        members["selectedOn"] = .string(study.selectOn.rawValue)
        for data in SelectionData.allCases {
            let choice = group.selectionByData[data]
            members[data == .test ? "bestOnTest" : "bestOnValidation"] =
                choice.map { .integer($0.experiment.number) } ?? .null
        }
        members["testAccuracy"] = group.best.map { statistics($0.test) } ?? .null
        members["test"] = group.bestConfusion.map { confusion($0, group.task) } ?? .null
        return .object(members)
    }

    private func folds(_ group: GroupFindings) -> JSONValue? {
        guard let folds = group.folds else { return nil }
        var members = identity(group.network, group.task, folds.experiment)
        members["folds"] = .strings(folds.records.map(\.job.split.name))
        members["finishedFolds"] = .strings(
            folds.records.filter { $0.result != nil }.map(\.job.split.name))
        members["classes"] = .array(
            group.task.classNames.enumerated().map { index, name in
                var scores: [String: JSONValue] = ["class": .string(name)]
                for score in Score.allCases {
                    let values = folds.values(score, ofClass: index)
                    scores[score.rawValue] = .object([
                        "perFold": .array(values.map { .optional($0) }),
                        "statistics": statistics(Statistics(values)),
                    ])
                }
                return .object(scores)
            })
        return .object(members)
    }

    // MARK: Parts

    private func identity(
        _ network: NetworkKind, _ task: SegmentationTask, _ experiment: Experiment?
    ) -> [String: JSONValue] {
        [
            "network": .string(network.rawValue), "task": .string(task.rawValue),
            "experiment": experiment.map {
                .object([
                    "number": .integer($0.number), "learningRate": .number($0.learningRate),
                    "miniBatch": .integer($0.miniBatch),
                ])
            } ?? .null,
        ]
    }

    private func statistics(_ statistics: Statistics) -> JSONValue {
        .object([
            "n": .integer(statistics.count), "undefined": .integer(statistics.undefinedCount),
            "mean": .optional(statistics.mean), "deviation": .optional(statistics.deviation),
            "variance": .optional(statistics.variance),
        ])
    }

    private func confusion(_ matrix: ConfusionMatrix, _ task: SegmentationTask) -> JSONValue {
        .object([
            "confusionMatrix": .array(matrix.rows.map(JSONValue.integers)),
            "accuracy": .optional(matrix.accuracy),
            "classes": .array(
                task.classNames.enumerated().map { index, name in
                    let scores = matrix.scores(ofClass: index)
                    var members: [String: JSONValue] = ["class": .string(name)]
                    for score in Score.allCases {
                        members[score.rawValue] = .optional(scores[score])
                    }
                    return .object(members)
                }),
        ])
    }
}

extension Findings {
    /// How many jobs finished, failed and are missing.
    var counts: (finished: Int, failed: Int, missing: Int) {
        let states = records.map(\.stateName)
        func count(_ name: String) -> Int { states.count { $0 == name } }
        return (count("finished"), count("failed"), count("missing"))
    }
}

extension JobRecord {
    /// The state in a word.
    var stateName: String {
        switch state {
        case .finished: "finished"
        case .failed: "failed"
        case .missing: "missing"
        }
    }
}
