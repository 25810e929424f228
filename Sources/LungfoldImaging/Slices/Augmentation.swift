import LungfoldStudy

#if canImport(Glibc)
    import Glibc
#endif

/// One random affine of a slice and its labels: mirrored columns, then a rotation about the centre,
/// then a shift.
///
/// The ranges are those inferred from the authors' networks (horizontal flip, rotation within 10 to
/// 20 degrees, shift within about 10 pixels; `reference/README.md` of the design notes): a slice is
/// mirrored every other time, turned by at most 15 degrees and shifted by at most 10 pixels of 256
/// along each axis. Images are interpolated bilinearly, labels by nearest neighbour; outside is 0,
/// so images are augmented before they are zero-centred.
public struct Augmentation: Sendable, Hashable {
    /// Whether columns are mirrored.
    public var isMirrored: Bool
    /// Degrees, in -15...15; positive turns the first axis (rows) towards the second (columns).
    public var rotation: Double
    /// Towards larger rows, in pixels of a slice of 256 rows, in -10...10.
    public var rowShift: Double
    /// Towards larger columns, in pixels of a slice of 256 columns, in -10...10.
    public var columnShift: Double

    /// The largest rotation drawn, in degrees.
    public static let largestRotation = 15.0
    /// The largest shift drawn, in pixels of a slice of 256 rows and columns.
    public static let largestShift = 10.0
    /// Leaves a slice as it is.
    public static let identity = Augmentation(
        isMirrored: false, rotation: 0, rowShift: 0, columnShift: 0)

    /// Makes an augmentation.
    public init(isMirrored: Bool, rotation: Double, rowShift: Double, columnShift: Double) {
        self.isMirrored = isMirrored
        self.rotation = rotation
        self.rowShift = rowShift
        self.columnShift = columnShift
    }

    /// Draws one: four numbers of the stream.
    public static func draw(using random: inout CounterRandom) -> Augmentation {
        let isMirrored = random.uniform() < 0.5
        let rotation = random.uniform(in: -largestRotation...largestRotation)
        let rowShift = random.uniform(in: -largestShift...largestShift)
        let columnShift = random.uniform(in: -largestShift...largestShift)
        return Augmentation(
            isMirrored: isMirrored, rotation: rotation, rowShift: rowShift,
            columnShift: columnShift)
    }

    /// The slice and its labels, moved.
    /// - Parameters:
    ///   - image: `size * size` grey values, row-major, 0 outside (not zero-centred).
    ///   - labels: as many labels.
    ///   - size: rows and columns.
    public func apply(image: ArraySlice<Float>, labels: ArraySlice<UInt8>, size: Int)
        -> (image: [Float], labels: [UInt8])
    {
        precondition(image.count == size * size && labels.count == size * size)
        let map = SourceMap(self, size: size)
        let moved = image.withUnsafeBufferPointer { source in
            map.forEachPixel(as: Float.self) { row, column in
                Self.bilinear(source, size, row, column)
            }
        }
        let movedLabels = labels.withUnsafeBufferPointer { source in
            map.forEachPixel(as: UInt8.self) { row, column in
                Self.nearest(source, size, row, column)
            }
        }
        return (moved, movedLabels)
    }

    /// Makes a position positive, so that truncation is the floor, for any slice that can be.
    private static let lift = 1 << 20

    @inline(__always)
    private static func bilinear(
        _ source: UnsafeBufferPointer<Float>, _ size: Int, _ row: Double, _ column: Double
    ) -> Float {
        let top = Int(row + Double(lift)) &- lift
        let left = Int(column + Double(lift)) &- lift
        let down = Float(row - Double(top))
        let right = Float(column - Double(left))
        guard top >= -1, left >= -1, top < size, left < size else { return 0 }
        func pixel(_ r: Int, _ c: Int) -> Float {
            r >= 0 && c >= 0 && r < size && c < size ? source[r &* size &+ c] : 0
        }
        let upper = pixel(top, left) * (1 - right) + pixel(top, left + 1) * right
        let lower = pixel(top + 1, left) * (1 - right) + pixel(top + 1, left + 1) * right
        return upper * (1 - down) + lower * down
    }

    @inline(__always)
    private static func nearest(
        _ source: UnsafeBufferPointer<UInt8>, _ size: Int, _ row: Double, _ column: Double
    ) -> UInt8 {
        let r = Int(row + 0.5 + Double(lift)) &- lift
        let c = Int(column + 0.5 + Double(lift)) &- lift
        return r >= 0 && c >= 0 && r < size && c < size ? source[r &* size &+ c] : 0
    }
}

/// Where each output pixel comes from: the inverse of the affine, a linear function of its row and
/// column.
private struct SourceMap {
    let size: Int
    /// The source of output pixel (0, 0), and the steps for the next row and the next column.
    let origin: (row: Double, column: Double)
    let rowStep: (row: Double, column: Double)
    let columnStep: (row: Double, column: Double)

    init(_ augmentation: Augmentation, size: Int) {
        self.size = size
        let angle = augmentation.rotation * .pi / 180
        let (cosine, sine) = (cos(angle), sin(angle))
        let mirror = augmentation.isMirrored ? -1.0 : 1.0
        rowStep = (cosine, -sine * mirror)
        columnStep = (sine, cosine * mirror)
        let centre = Double(size - 1) / 2
        let scale = Double(size) / 256
        let row = -centre - augmentation.rowShift * scale
        let column = -centre - augmentation.columnShift * scale
        origin = (
            centre + row * rowStep.row + column * columnStep.row,
            centre + row * rowStep.column + column * columnStep.column
        )
    }

    @inline(__always)
    func forEachPixel<Value>(as type: Value.Type, _ value: (Double, Double) -> Value) -> [Value] {
        [Value](unsafeUninitializedCapacity: size * size) { output, count in
            for row in 0..<size {
                let startRow = origin.row + Double(row) * rowStep.row
                let startColumn = origin.column + Double(row) * rowStep.column
                for column in 0..<size {
                    output[row &* size &+ column] = value(
                        startRow + Double(column) * columnStep.row,
                        startColumn + Double(column) * columnStep.column)
                }
            }
            count = size * size
        }
    }
}
