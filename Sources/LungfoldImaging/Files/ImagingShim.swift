import CLungfoldImaging

/// The C shim's functions over Swift arrays; the one place of this target with unsafe pointers to C.
enum ImagingShim {
    /// How an inflation ended.
    enum Inflation: Int32 {
        case complete = 0
        case more, truncated, corrupt, wrongChecksum, trailingBytes, noMemory
    }

    /// Inflates a gzip file into at most `capacity` bytes.
    static func gunzip(_ bytes: [UInt8], capacity: Int) -> (bytes: [UInt8], end: Inflation) {
        var status: Int32 = 0
        let inflated = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            status = lungfold_gunzip(bytes, bytes.count, buffer.baseAddress, capacity, &count)
        }
        return (inflated, Inflation(rawValue: status) ?? .corrupt)
    }

    /// Compresses without a name or a time: equal bytes give an equal file. Nil without memory.
    static func gzip(_ bytes: [UInt8]) -> [UInt8]? {
        let capacity = lungfold_gzip_bound(bytes.count)
        let packed = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = lungfold_gzip(bytes, bytes.count, buffer.baseAddress, capacity)
        }
        return packed.isEmpty ? nil : packed
    }

    /// CRC-32 of some bytes.
    static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBufferPointer { lungfold_crc32($0.baseAddress, $0.count) }
    }

    /// CRC-32 of the bits of some numbers.
    static func crc32(_ values: [Double]) -> UInt32 {
        values.withUnsafeBytes {
            lungfold_crc32($0.bindMemory(to: UInt8.self).baseAddress, $0.count)
        }
    }

    /// What libnifti reads out of a header; nil when it refuses it.
    static func describe(header: [UInt8]) -> LungfoldVolume? {
        var volume = LungfoldVolume()
        return lungfold_nifti_describe(header, header.count, &volume) == 0 ? volume : nil
    }

    /// One slice as doubles, row-major, scaled. `voxels` holds at least rows * columns voxels.
    static func slice(
        _ voxels: ArraySlice<UInt8>, of volume: LungfoldVolume, slope: Double, intercept: Double
    ) -> [Double]? {
        let count = Int(volume.dims.0 * volume.dims.1)
        precondition(voxels.count >= count * Int(volume.bytesPerVoxel))
        var status: Int32 = 0
        let values = [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
            status = voxels.withUnsafeBufferPointer {
                lungfold_nifti_slice(
                    $0.baseAddress, volume.datatype, volume.isSwapped, volume.dims.0,
                    volume.dims.1, slope, intercept, buffer.baseAddress)
            }
            initialized = status == 0 ? count : 0
        }
        return status == 0 ? values : nil
    }

    /// The header of labels with another volume's geometry; nil when it is no NIfTI header.
    static func labelHeader(like header: [UInt8]) -> [UInt8]? {
        nonEmpty(
            [UInt8](unsafeUninitializedCapacity: Int(LUNGFOLD_NIFTI_HEADER_CAPACITY)) {
                $1 = lungfold_nifti_label_header(header, header.count, $0.baseAddress)
            })
    }

    /// The header of a new uint8 volume, with three spacings in millimetres or placed nowhere.
    static func newHeader(
        rows: Int, columns: Int, slices: Int, spacing: [Double]?, isLabel: Bool
    ) -> [UInt8]? {
        precondition(spacing == nil || spacing?.count == 3)
        return nonEmpty(
            [UInt8](unsafeUninitializedCapacity: Int(LUNGFOLD_NIFTI_HEADER_CAPACITY)) {
                $1 = lungfold_nifti_new_header(
                    Int64(rows), Int64(columns), Int64(slices), spacing, isLabel ? 1 : 0,
                    $0.baseAddress)
            })
    }

    /// What a PNG file declares, or libpng's message.
    static func pictureHeader(_ bytes: [UInt8]) -> Result<LungfoldPicture, PNGFailure> {
        var picture = LungfoldPicture()
        var message = [CChar](repeating: 0, count: Int(LUNGFOLD_PNG_MESSAGE_CAPACITY))
        let status = lungfold_png_read(bytes, bytes.count, &picture, nil, &message)
        return status == 0 ? .success(picture) : .failure(PNGFailure(message))
    }

    /// The grey values of a PNG file, row-major, with its header, or libpng's message.
    static func pictureSamples(_ bytes: [UInt8], count: Int)
        -> Result<(picture: LungfoldPicture, samples: [UInt16]), PNGFailure>
    {
        var picture = LungfoldPicture()
        var message = [CChar](repeating: 0, count: Int(LUNGFOLD_PNG_MESSAGE_CAPACITY))
        var status: Int32 = 0
        let samples = [UInt16](unsafeUninitializedCapacity: count) { buffer, initialized in
            status = lungfold_png_read(
                bytes, bytes.count, &picture, buffer.baseAddress, &message)
            initialized = status == 0 ? count : 0
        }
        return status == 0 ? .success((picture, samples)) : .failure(PNGFailure(message))
    }

    /// Encodes 8-bit grey (1 channel) or RGB (3); nil when libpng fails.
    static func encodePNG(_ pixels: [UInt8], rows: Int, columns: Int, channels: Int) -> [UInt8]? {
        let capacity = pixels.count + pixels.count / 8 + 13 * rows + 4096
        return nonEmpty(
            [UInt8](unsafeUninitializedCapacity: capacity) {
                $1 = lungfold_png_write(
                    pixels, UInt32(rows), UInt32(columns), Int32(channels), $0.baseAddress,
                    capacity)
            })
    }

    private static func nonEmpty(_ bytes: [UInt8]) -> [UInt8]? { bytes.isEmpty ? nil : bytes }
}

/// libpng's own words.
struct PNGFailure: Error {
    let message: String

    init(_ message: [CChar]) {
        self.message = String(
            decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
