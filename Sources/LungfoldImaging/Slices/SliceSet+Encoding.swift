import LungfoldStudy

extension SliceSet {
    /// The set as bytes for the broadcast, exact.
    ///
    /// Little-endian: magic (8 bytes), size, count (4 each), 1 when grey values are whole numbers
    /// and take a byte instead of four, 1 when labels follow (1 each); grey values; labels; CRC-32
    /// of all that (4).
    public func encoded() -> [UInt8] {
        let isWhole = images.allSatisfy { $0 == $0.rounded() }
        var bytes = Self.magic
        bytes.reserveCapacity(images.count * (isWhole ? 1 : 4) + labels.count + 32)
        append(UInt32(size), to: &bytes)
        append(UInt32(count), to: &bytes)
        bytes += [isWhole ? 1 : 0, hasLabels ? 1 : 0]
        if isWhole {
            bytes += images.map { UInt8($0) }
        } else {
            for value in images { append(value.bitPattern, to: &bytes) }
        }
        bytes += labels
        append(ImagingShim.crc32(bytes[...]), to: &bytes)
        return bytes
    }

    /// Reads what `encoded` wrote.
    /// - Throws: `LungfoldError` when lengths, checksum or values are not so.
    public init(encoded bytes: [UInt8]) throws {
        guard bytes.count >= Self.prefixSize + 4, bytes.starts(with: Self.magic) else {
            throw Self.damaged("\(bytes.count) bytes without the magic")
        }
        let checksum = Self.word(bytes, bytes.count - 4)
        guard checksum == ImagingShim.crc32(bytes.dropLast(4)) else {
            throw Self.damaged("the checksum does not match")
        }
        let (size, count) = (Int(Self.word(bytes, 8)), Int(Self.word(bytes, 12)))
        let (isWhole, hasLabels) = (bytes[16] == 1, bytes[17] == 1)
        let pixels = size.multipliedReportingOverflow(by: size * count)
        let bytesPerPixel = (isWhole ? 1 : 4) + (hasLabels ? 1 : 0)
        guard !pixels.overflow, pixels.partialValue <= bytes.count,
            bytes.count == Self.prefixSize + pixels.partialValue * bytesPerPixel + 4
        else {
            throw Self.damaged("\(bytes.count) bytes for \(count) slices of \(size) x \(size)")
        }
        let start = Self.prefixSize
        let end = start + pixels.partialValue * (isWhole ? 1 : 4)
        let images =
            isWhole
            ? bytes[start..<end].map { Float($0) }
            : stride(from: start, to: end, by: 4).map {
                Float(bitPattern: Self.word(bytes, $0))
            }
        try self.init(size: size, images: images, labels: Array(bytes[end..<bytes.count - 4]))
    }

    private static let magic = Array("LFSLICE1".utf8)
    private static let prefixSize = 18

    private static func damaged(_ problem: String) -> LungfoldError {
        LungfoldError(.internal, "broadcast slices", "are damaged: \(problem)")
    }

    private func append(_ word: UInt32, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
        }
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[offset + 3 - $1]) }
    }
}
