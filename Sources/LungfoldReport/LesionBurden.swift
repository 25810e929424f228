import LungfoldStudy

/// How much of the lungs is lesion on a slice: truth, and prediction.
struct LesionBurden {
    /// Pixels of the lungs, or of what stands for them.
    let lungPixels: Int
    /// Lesion pixels within them, true and predicted.
    let trueInside, predictedInside: Int
    /// Lesion pixels elsewhere, true and predicted.
    let trueOutside, predictedOutside: Int

    /// The true share of the lungs, in 0...1; nil for a slice without lungs.
    var truth: Double? { share(trueInside) }
    /// The predicted share of the lungs, in 0...1.
    var prediction: Double? { share(predictedInside) }
    /// The pixels predicted outside the lungs, as a share of the lungs' pixels: 0 or more.
    var outside: Double? { share(predictedOutside) }

    private func share(_ pixels: Int) -> Double? {
        lungPixels == 0 ? nil : Double(pixels) / Double(lungPixels)
    }

    /// Burden as a share of the whole slice, where nothing tells where the lungs are.
    init(wholeSlice outcome: ClassOutcome, pixelCount: Int) {
        lungPixels = pixelCount
        (trueInside, predictedInside) = (outcome.truth, outcome.predicted)
        (trueOutside, predictedOutside) = (0, 0)
    }

    /// Counts pixels inside the lungs and outside.
    /// - Parameters:
    ///   - truth: the class of each pixel, row-major.
    ///   - prediction: the same, predicted.
    ///   - lungs: whether a pixel is in the lungs.
    ///   - isLesion: whether a class counts.
    init(
        truth: [UInt8], prediction: [UInt8], lungs: [Bool], isLesion: (UInt8) -> Bool
    ) {
        func counts(_ classes: [UInt8]) -> (inside: Int, outside: Int) {
            var (inside, outside) = (0, 0)
            for (index, isInside) in zip(classes, lungs) where isLesion(index) {
                if isInside { inside += 1 } else { outside += 1 }
            }
            return (inside, outside)
        }
        lungPixels = lungs.count { $0 }
        (trueInside, trueOutside) = counts(truth)
        (predictedInside, predictedOutside) = counts(prediction)
    }
}
