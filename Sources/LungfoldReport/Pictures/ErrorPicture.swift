import LungfoldStudy

/// A slice with what a network found, added and missed laid over it.
public enum ErrorPicture {
    /// The picture as a PNG file.
    /// - Parameters:
    ///   - grey: `size * size` values, row-major.
    ///   - labels: as many labels 0...3.
    ///   - prediction: the class of each pixel.
    public static func png(
        grey: [UInt8], labels: [UInt8], prediction: [UInt8], task: SegmentationTask, size: Int
    ) throws -> [UInt8] {
        try raster(grey: grey, labels: labels, prediction: prediction, task: task, size: size).png()
    }

    static func raster(
        grey: [UInt8], labels: [UInt8], prediction: [UInt8], task: SegmentationTask, size: Int
    ) -> Raster {
        var raster = Raster(grey: grey, side: size)
        for (pixel, found) in prediction.enumerated() {
            let truth = task.classIndex(ofLabel: labels[pixel])
            let colour: Colour? =
                switch (truth, found) {
                case (0, 0): nil
                case (0, _): Palette.added
                case (_, 0): Palette.missed
                default: truth == found ? Palette.found : Palette.wrongClass
                }
            if let colour { raster.blend(colour, at: pixel, opacity: 0.65) }
        }
        return raster
    }
}
