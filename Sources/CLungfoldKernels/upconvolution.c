// Transposed 2x2 convolutions of stride 2: every pixel becomes a 2x2 of its own, so each row of the
// small image times a matrix is a row of the large one, through OpenBLAS.
#include "strips.h"
#include <cblas.h>
#include <string.h>

#define LF_SLOTS 8

typedef struct {
    const lf_kernels *kernels;
    const lf_upconv *op;
    lf_strips strips; ///< forward: of the large image; else of the small
    int slots;
} job;

static const float *row_weights(const lf_upconv *op, int side) {
    return op->weights + (size_t)side * op->in * 2 * op->out;
}

static void forward_item(void *context, int strip, void *memory) {
    const job *j = context;
    const lf_upconv *op = j->op;
    int n = strip / j->strips.per_image, s = strip % j->strips.per_image;
    int count = lf_rows_in_strip(&j->strips, s, 2 * op->height), first = s * j->strips.rows;
    size_t row = (size_t)2 * op->width * op->out;
    float *scratch = memory, *small = lf_take(&scratch, (size_t)op->width * op->in);
    float *rows = lf_take(&scratch, j->strips.rows * row);
    for (int y = 0; y < count; y++) {
        if (y % 2 == 0)
            j->kernels->load_row(op->input, n, (first + y) / 2, small, op->in);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, op->width, 2 * op->out, op->in, 1, small, op->in,
                    row_weights(op, y % 2), 2 * op->out, 0, rows + y * row, 2 * op->out);
    }
    j->kernels->sink_rows(op->sink, n, first, count, rows, row, op->out, strip);
}

static void backward_item(void *context, int strip, void *memory) {
    const job *j = context;
    const lf_upconv *op = j->op;
    int n = strip / j->strips.per_image, s = strip % j->strips.per_image;
    int count = lf_rows_in_strip(&j->strips, s, op->height), first = s * j->strips.rows;
    size_t row = (size_t)op->width * op->in;
    float *scratch = memory, *large = lf_take(&scratch, (size_t)2 * op->width * op->out);
    float *rows = lf_take(&scratch, j->strips.rows * row);
    for (int y = 0; y < count; y++)
        for (int side = 0; side < 2; side++) {
            j->kernels->load_row(op->gradient, n, 2 * (first + y) + side, large, op->out);
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, op->width, op->in, 2 * op->out, 1, large,
                        2 * op->out, row_weights(op, side), 2 * op->out, side, rows + y * row, op->in);
        }
    j->kernels->sink_rows(op->sink, n, first, count, rows, row, op->in, strip);
}

/// All rows of a strip at once: a product's inner dimension is then a strip's pixels.
static void gradient_item(void *context, int slot, void *memory) {
    const job *j = context;
    const lf_upconv *op = j->op;
    int strips = op->batch * j->strips.per_image;
    size_t half = (size_t)op->in * 2 * op->out, wide = (size_t)op->width * 2 * op->out;
    float *sum = op->shared + slot * 2 * half, *scratch = memory;
    float *small = lf_take(&scratch, (size_t)j->strips.rows * op->width * op->in);
    float *large = lf_take(&scratch, j->strips.rows * wide);
    memset(sum, 0, 2 * half * sizeof(float));
    for (int strip = strips * slot / j->slots; strip < strips * (slot + 1) / j->slots; strip++) {
        int n = strip / j->strips.per_image, s = strip % j->strips.per_image;
        int count = lf_rows_in_strip(&j->strips, s, op->height), first = s * j->strips.rows;
        for (int y = 0; y < count; y++)
            j->kernels->load_row(op->input, n, first + y, small + (size_t)y * op->width * op->in, op->in);
        for (int side = 0; side < 2; side++) {
            for (int y = 0; y < count; y++)
                j->kernels->load_row(op->gradient, n, 2 * (first + y) + side, large + y * wide, op->out);
            cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, op->in, 2 * op->out, count * op->width, 1, small,
                        op->in, large, 2 * op->out, 1, sum + side * half, 2 * op->out);
        }
    }
}

static void sum_item(void *context, int channel, void *memory) {
    (void)memory;
    const job *j = context;
    const lf_upconv *op = j->op;
    size_t row = (size_t)2 * op->out, slot_floats = 2 * op->in * row;
    for (int side = 0; side < 2; side++) {
        size_t at = ((size_t)side * op->in + channel) * row;
        for (size_t o = at; o < at + row; o++) {
            float sum = op->shared[o];
            for (int slot = 1; slot < j->slots; slot++)
                sum += op->shared[slot * slot_floats + o];
            op->dweights[o] = sum;
        }
    }
}

static int slots_of(const lf_upconv *op) {
    return (int)lf_min(LF_SLOTS, lf_strip_count(op->batch, op->height, op->width));
}

size_t lf_upconv_shared_floats(const lf_upconv *op) {
    return (size_t)slots_of(op) * 4 * op->in * op->out;
}

size_t lf_upconv_scratch_bytes(const lf_upconv *op) {
    lf_strips small = lf_strips_of(op->height, op->width), large = lf_strips_of(2 * op->height, 2 * op->width);
    size_t in = (size_t)op->width * op->in, out = (size_t)2 * op->width * op->out;
    size_t forward = in + large.rows * out, backward = out + small.rows * in, both = small.rows * (in + out);
    size_t most = forward > backward ? forward : backward;
    return ((most > both ? most : both) + 64) * sizeof(float);
}

void lf_upconv_forward(lf_pool *pool, const lf_kernels *kernels, const lf_upconv *op) {
    job j = {kernels, op, lf_strips_of(2 * op->height, 2 * op->width), 0};
    lf_parallel(pool, op->batch * j.strips.per_image, forward_item, &j);
}

void lf_upconv_backward(lf_pool *pool, const lf_kernels *kernels, const lf_upconv *op) {
    job j = {kernels, op, lf_strips_of(op->height, op->width), 0};
    lf_parallel(pool, op->batch * j.strips.per_image, backward_item, &j);
}

void lf_upconv_gradient(lf_pool *pool, const lf_kernels *kernels, const lf_upconv *op) {
    job j = {kernels, op, lf_strips_of(op->height, op->width), slots_of(op)};
    lf_parallel(pool, j.slots, gradient_item, &j);
    lf_parallel(pool, op->in, sum_item, &j);
}
