// NIfTI headers and voxels in memory through libnifti.
//
// libnifti interprets headers, swaps bytes and composes headers; it opens no file. Its own file
// functions may open a sibling (A.nii.gz for A.nii), trust what a header declares, put 0 in the
// place of NaN voxels and do not report a full disk; so the bytes come from and go to Swift, which
// checks them first.
#include "CLungfoldImaging.h"

#include <math.h>
#include <nifti/nifti2_io.h>
#include <stdlib.h>
#include <string.h>

static const int headerSize1 = 348, headerSize2 = 540;
/// Four bytes after the header say whether extensions follow.
static const int flagSize = 4;

_Static_assert(sizeof(nifti_1_header) == 348, "a NIfTI-1 header is 348 bytes");
_Static_assert(sizeof(nifti_2_header) == 540, "a NIfTI-2 header is 540 bytes");

/// 1 or 2, with its sizeof_hdr in this machine's byte order or the other; 0 for neither.
static int version(const uint8_t *header, size_t length, int *isSwapped) {
    int32_t size;
    if (length < (size_t)headerSize1)
        return 0;
    memcpy(&size, header, sizeof size);
    *isSwapped = size != headerSize1 && size != headerSize2;
    if (*isSwapped)
        size = (int32_t)__builtin_bswap32((uint32_t)size);
    if (size == headerSize1)
        return 1;
    return size == headerSize2 && length >= (size_t)headerSize2 ? 2 : 0;
}

static nifti_image *interpret(const uint8_t *header, int version) {
    nifti_set_debug_level(0);
    if (version == 2) {
        nifti_2_header raw;
        memcpy(&raw, header, sizeof raw);
        return nifti_convert_n2hdr2nim(raw, NULL);
    }
    nifti_1_header raw;
    memcpy(&raw, header, sizeof raw);
    return nifti_convert_n1hdr2nim(raw, NULL);
}

int lungfold_nifti_describe(const uint8_t *header, size_t length, LungfoldVolume *volume) {
    int isSwapped;
    int kind = version(header, length, &isSwapped);
    nifti_image *image = kind ? interpret(header, kind) : NULL;
    if (!image)
        return -1;
    for (int axis = 0; axis < 7; axis++)
        volume->dims[axis] = axis < image->dim[0] ? image->dim[axis + 1] : 1;
    volume->voxelCount = image->nvox;
    volume->voxelOffset = image->iname_offset;
    volume->datatype = image->datatype;
    volume->bytesPerVoxel = image->nbyper;
    volume->isSwapped = isSwapped;
    volume->qformCode = image->qform_code;
    volume->sformCode = image->sform_code;
    volume->slope = image->scl_slope;
    volume->intercept = image->scl_inter;
    for (int i = 0; i < 12; i++) {
        volume->qform[i] = image->qto_xyz.m[i / 4][i % 4];
        volume->sform[i] = image->sto_xyz.m[i / 4][i % 4];
    }
    nifti_image_free(image);
    return 0;
}

/// Transposes one slice from first axis fastest to row-major while converting it.
#define CONVERT(type)                                                                              \
    for (int64_t column = 0; column < columns; column++)                                           \
        for (int64_t row = 0; row < rows; row++) {                                                 \
            type value;                                                                            \
            memcpy(&value, bytes + (column * rows + row) * (int64_t)sizeof value, sizeof value);   \
            output[row * columns + column] = (double)value * slope + intercept;                    \
        }                                                                                          \
    break

static int convert(const uint8_t *bytes, int32_t datatype, int64_t rows, int64_t columns,
                   double slope, double intercept, double *output) {
    switch (datatype) {
    case NIFTI_TYPE_UINT8: CONVERT(uint8_t);
    case NIFTI_TYPE_INT8: CONVERT(int8_t);
    case NIFTI_TYPE_UINT16: CONVERT(uint16_t);
    case NIFTI_TYPE_INT16: CONVERT(int16_t);
    case NIFTI_TYPE_UINT32: CONVERT(uint32_t);
    case NIFTI_TYPE_INT32: CONVERT(int32_t);
    case NIFTI_TYPE_UINT64: CONVERT(uint64_t);
    case NIFTI_TYPE_INT64: CONVERT(int64_t);
    case NIFTI_TYPE_FLOAT32: CONVERT(float);
    case NIFTI_TYPE_FLOAT64: CONVERT(double);
    default: return -1;
    }
    return 0;
}

int lungfold_nifti_slice(const uint8_t *voxels, int32_t datatype, int32_t isSwapped, int64_t rows,
                         int64_t columns, double slope, double intercept, double *output) {
    int bytesPerVoxel, swapSize;
    nifti_datatype_sizes(datatype, &bytesPerVoxel, &swapSize);
    if (!isSwapped || swapSize < 2)
        return convert(voxels, datatype, rows, columns, slope, intercept, output);
    size_t length = (size_t)(rows * columns) * (size_t)bytesPerVoxel;
    uint8_t *swapped = malloc(length);
    if (!swapped)
        return -1;
    memcpy(swapped, voxels, length);
    nifti_swap_Nbytes(rows * columns, swapSize, swapped);
    int result = convert(swapped, datatype, rows, columns, slope, intercept, output);
    free(swapped);
    return result;
}

#define ARE_FINITE(four)                                                                           \
    (isfinite((four)[0]) && isfinite((four)[1]) && isfinite((four)[2]) && isfinite((four)[3]))

/// Leaves out what is no number: a qform or sform with one is none, and would spoil the geometry in
/// every program that opens the file. All else is kept, wrong or right.
#define DROP_NON_NUMBERS(raw)                                                                      \
    if (!ARE_FINITE((raw).pixdim) || !isfinite((raw).quatern_b) || !isfinite((raw).quatern_c) ||   \
        !isfinite((raw).quatern_d) || !isfinite((raw).qoffset_x) || !isfinite((raw).qoffset_y) ||  \
        !isfinite((raw).qoffset_z)) {                                                              \
        (raw).qform_code = 0;                                                                      \
        (raw).quatern_b = (raw).quatern_c = (raw).quatern_d = 0;                                   \
        (raw).qoffset_x = (raw).qoffset_y = (raw).qoffset_z = 0;                                   \
    }                                                                                              \
    if (!ARE_FINITE((raw).srow_x) || !ARE_FINITE((raw).srow_y) || !ARE_FINITE((raw).srow_z)) {     \
        (raw).sform_code = 0;                                                                      \
        memset((raw).srow_x, 0, sizeof(raw).srow_x);                                               \
        memset((raw).srow_y, 0, sizeof(raw).srow_y);                                               \
        memset((raw).srow_z, 0, sizeof(raw).srow_z);                                               \
    }                                                                                              \
    for (int axis = 0; axis < 8; axis++)                                                           \
        if (!isfinite((raw).pixdim[axis]))                                                         \
            (raw).pixdim[axis] = axis < 4 ? 1 : 0;                                                 \
    (raw).slice_duration = isfinite((raw).slice_duration) ? (raw).slice_duration : 0;              \
    (raw).toffset = isfinite((raw).toffset) ? (raw).toffset : 0

/// The fields that make any header one of labels; the geometry is left alone.
#define SET_LABEL_FIELDS(raw)                                                                      \
    (raw).datatype = NIFTI_TYPE_UINT8;                                                             \
    (raw).bitpix = 8;                                                                              \
    (raw).scl_slope = 1;                                                                           \
    (raw).scl_inter = 0;                                                                           \
    (raw).cal_min = 0;                                                                             \
    (raw).cal_max = 0;                                                                             \
    (raw).intent_code = NIFTI_INTENT_LABEL;                                                        \
    (raw).intent_p1 = (raw).intent_p2 = (raw).intent_p3 = 0;                                       \
    memset((raw).intent_name, 0, sizeof(raw).intent_name);                                         \
    memset((raw).aux_file, 0, sizeof(raw).aux_file);                                               \
    memset((raw).descrip, 0, sizeof(raw).descrip);                                                 \
    memcpy((raw).descrip, "lungfold labels", 15)

size_t lungfold_nifti_label_header(const uint8_t *header, size_t length, uint8_t *output) {
    int isSwapped;
    int kind = version(header, length, &isSwapped);
    if (kind == 1) {
        nifti_1_header raw;
        memcpy(&raw, header, sizeof raw);
        if (isSwapped)
            swap_nifti_header(&raw, 1);
        DROP_NON_NUMBERS(raw);
        SET_LABEL_FIELDS(raw);
        raw.vox_offset = (float)(headerSize1 + flagSize);
        memcpy(output, &raw, sizeof raw);
    } else if (kind == 2) {
        nifti_2_header raw;
        memcpy(&raw, header, sizeof raw);
        if (isSwapped)
            swap_nifti_header(&raw, 2);
        DROP_NON_NUMBERS(raw);
        SET_LABEL_FIELDS(raw);
        raw.vox_offset = headerSize2 + flagSize;
        memcpy(output, &raw, sizeof raw);
    } else {
        return 0;
    }
    size_t size = (size_t)(kind == 1 ? headerSize1 : headerSize2);
    memset(output + size, 0, (size_t)flagSize);
    return size + (size_t)flagSize;
}

static void place(nifti_1_header *raw, const double *spacing) {
    // qfac, which libnifti leaves at 0, where a qform needs 1 or -1.
    raw->pixdim[0] = 1;
    for (int axis = 0; axis < 3; axis++)
        raw->pixdim[axis + 1] = (float)spacing[axis];
    raw->xyzt_units = NIFTI_UNITS_MM;
    raw->qform_code = raw->sform_code = NIFTI_XFORM_SCANNER_ANAT;
    raw->srow_x[0] = raw->pixdim[1];
    raw->srow_y[1] = raw->pixdim[2];
    raw->srow_z[2] = raw->pixdim[3];
}

size_t lungfold_nifti_new_header(int64_t rows, int64_t columns, int64_t slices,
                                 const double *spacing, int32_t isLabel, uint8_t *output) {
    int64_t dims[8] = {3, rows, columns, slices, 1, 1, 1, 1};
    nifti_set_debug_level(0);
    nifti_1_header *raw = nifti_make_new_n1_header(dims, NIFTI_TYPE_UINT8);
    if (!raw)
        return 0;
    if (spacing)
        place(raw, spacing);
    raw->scl_slope = 1;
    raw->intent_code = isLabel ? NIFTI_INTENT_LABEL : NIFTI_INTENT_NONE;
    strcpy(raw->descrip, isLabel ? "lungfold labels" : "lungfold images");
    memcpy(raw->magic, "n+1", 4);
    raw->vox_offset = (float)(headerSize1 + flagSize);
    memcpy(output, raw, sizeof *raw);
    memset(output + headerSize1, 0, (size_t)flagSize);
    free(raw);
    return (size_t)(headerSize1 + flagSize);
}
