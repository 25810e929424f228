// What the imaging target needs of zlib, libnifti and libpng, as plain functions over bytes in
// memory: no file is opened here and no long jump leaves. libnifti prints only about headers that
// Swift refuses before they come here.
#pragma once

#include <stddef.h>
#include <stdint.h>

// MARK: gzip (RFC 1952)

/// How an inflation ended.
enum LungfoldInflation {
    LUNGFOLD_INFLATION_COMPLETE = 0,
    /// The stream holds more bytes than the buffer; the buffer is full.
    LUNGFOLD_INFLATION_MORE = 1,
    LUNGFOLD_INFLATION_TRUNCATED = 2,
    LUNGFOLD_INFLATION_CORRUPT = 3,
    /// The data inflate, but their CRC or length is not the one recorded.
    LUNGFOLD_INFLATION_WRONG_CHECKSUM = 4,
    /// Something other than zeros or another member follows the last member.
    LUNGFOLD_INFLATION_TRAILING_BYTES = 5,
    LUNGFOLD_INFLATION_NO_MEMORY = 6,
};

/// Inflates all members of a gzip file into `output` and never writes past `capacity`.
int lungfold_gunzip(const uint8_t *input, size_t length, uint8_t *output, size_t capacity,
                    size_t *produced);

/// The most bytes that `lungfold_gzip` makes of `length` bytes.
size_t lungfold_gzip_bound(size_t length);

/// Compresses with level 6, no name and no time, so that equal bytes give equal files. Returns the
/// number of bytes, 0 when there is no memory or `capacity` is too small.
size_t lungfold_gzip(const uint8_t *input, size_t length, uint8_t *output, size_t capacity);

/// CRC-32 (ISO 3309) of some bytes.
uint32_t lungfold_crc32(const uint8_t *bytes, size_t length);

// MARK: NIfTI

/// The bytes of the largest header written here, the extension flag included.
#define LUNGFOLD_NIFTI_HEADER_CAPACITY 544

/// What libnifti reads out of a header.
typedef struct {
    int64_t dims[7];
    int64_t voxelCount;
    int64_t voxelOffset;
    int32_t datatype;
    int32_t bytesPerVoxel;
    /// Whether the file's byte order is not this machine's.
    int32_t isSwapped;
    int32_t qformCode;
    int32_t sformCode;
    double slope;
    double intercept;
    /// Rows x, y, z of (i, j, k, 1) -> millimetres, each where its code is above 0.
    double qform[12];
    double sform[12];
} LungfoldVolume;

/// Lets libnifti interpret a NIfTI-1 (at least 348 bytes) or NIfTI-2 (540) header in memory.
/// Returns 0, or -1 when libnifti refuses it.
int lungfold_nifti_describe(const uint8_t *header, size_t length, LungfoldVolume *volume);

/// Converts one slice of `rows` x `columns` voxels (first axis fastest) into doubles, row-major,
/// and applies value * slope + intercept. Returns -1 for a data type that is not a real number.
int lungfold_nifti_slice(const uint8_t *voxels, int32_t datatype, int32_t isSwapped, int64_t rows,
                         int64_t columns, double slope, double intercept, double *output);

/// The header of a label volume with the geometry of another: uint8, no scaling, intent LABEL, no
/// extensions. Of a geometry with NaN or infinity, only the parts without are kept. Writes header
/// and extension flag; returns their size (352 or 544), 0 on failure.
size_t lungfold_nifti_label_header(const uint8_t *header, size_t length, uint8_t *output);

/// The header of a uint8 volume. With spacings in millimetres it has a scanner-aligned qform and
/// sform; with null its voxels are unit cubes placed nowhere. Writes 352 bytes; returns 352, 0 on
/// failure.
size_t lungfold_nifti_new_header(int64_t rows, int64_t columns, int64_t slices,
                                 const double *spacing, int32_t isLabel, uint8_t *output);

// MARK: PNG

/// What a PNG file declares.
typedef struct {
    uint32_t rows;
    uint32_t columns;
    /// 1, 2, 4, 8 or 16: the range of the samples is 0 ... 2^bitDepth - 1.
    int32_t bitDepth;
    /// Whether some pixel has different red, green and blue; known once the samples are read.
    int32_t isColoured;
} LungfoldPicture;

/// The most rows or columns of a picture.
#define LUNGFOLD_PNG_MAXIMUM_SIDE 16384
/// The bytes of a message, its final NUL included.
#define LUNGFOLD_PNG_MESSAGE_CAPACITY 128

/// Reads the header of a PNG file in memory and, when `samples` is not null (rows x columns), its
/// grey values, row-major; a palette or RGB gives its red channel, alpha is dropped. Chunks that
/// are not needed for that are not read. Returns 0, or -1 with libpng's message.
int lungfold_png_read(const uint8_t *bytes, size_t length, LungfoldPicture *picture,
                      uint16_t *samples, char *message);

/// Encodes 8-bit grey (channels 1) or RGB (channels 3) as PNG. Returns the number of bytes, 0 when
/// that fails or `capacity` is too small.
size_t lungfold_png_write(const uint8_t *pixels, uint32_t rows, uint32_t columns, int32_t channels,
                          uint8_t *output, size_t capacity);
