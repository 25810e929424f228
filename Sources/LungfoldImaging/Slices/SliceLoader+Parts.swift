import LungfoldStudy

extension SliceLoader {
    /// The slices as they are before the lung mask, with neither labels nor mask.
    public func unmasked() throws -> SliceSet {
        var loader = self
        (loader.labelsPath, loader.lungsPath) = (nil, nil)
        return try loader.load { _ in }
    }

    /// The lung mask at the networks' size: 1 in the lungs, 0 elsewhere; nil without a mask.
    public func lungs() throws -> PixelVolume? {
        guard let lungsPath else { return nil }
        let stack = try openStack(lungsPath, as: .lungs)
        let slices = (0..<stack.count).map { index in
            Resize.labels(
                stack.slice(index).map { $0 == 0 ? UInt8(0) : 1 }, rows: stack.rows,
                columns: stack.columns, toRows: size, toColumns: size)
        }
        return PixelVolume(size: size, slices: slices)
    }
}

extension SliceSet {
    /// The grey values, rounded, for pictures.
    public var pictures: PixelVolume {
        PixelVolume(
            size: size, slices: (1...count).map { image($0).map { UInt8($0.rounded()) } })
    }

    /// The labels, exactly.
    public var labelVolume: PixelVolume {
        PixelVolume(size: size, slices: (1...count).map { Array(labels($0)) })
    }
}
