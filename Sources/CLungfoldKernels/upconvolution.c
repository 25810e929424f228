// Transposed 2x2 convolutions of stride 2: every pixel becomes a 2x2 of its own, so a row of the
// small image times a matrix is a row of the large one, whose pixels lie there two by two.
#include "strips.h"
#include <string.h>

#define LF_SLOTS 8

typedef struct {
    const lf_kernels *kernels;
    const lf_upconv *op;
    lf_strips strips; ///< forward: of the large image; else of the small
    int slots;
} job;

static int panels_of(int columns) { return (columns + LF_PANEL - 1) / LF_PANEL; }
static int panel_width(int columns, int panel) {
    return (int)lf_min(LF_PANEL, columns - panel * LF_PANEL);
}

/// A matrix cut into panels of columns, each dense.
static void multiply(const job *j, int m, int columns, int k, const float *a, const float *b,
                     float *c, int accumulate) {
    for (int panel = 0; panel < panels_of(columns); panel++) {
        int width = panel_width(columns, panel);
        j->kernels->gemm(m, width, k, a, k, 1, b + (size_t)panel * LF_PANEL * k, width,
                         c + panel * LF_PANEL, columns, accumulate);
    }
}

// ---------------------------------------------------------------- forward

/// One panel of one side's weights, [in][2 columns of out].
static void pack_forward_item(void *context, int item, void *memory) {
    (void)memory;
    const job *j = context;
    const lf_upconv *op = j->op;
    int columns = 2 * op->out, side = item / panels_of(columns), panel = item % panels_of(columns);
    int width = panel_width(columns, panel);
    size_t half = (size_t)op->in * columns;
    const float *from = op->weights + side * half + panel * LF_PANEL;
    float *to = op->shared + side * half + (size_t)panel * LF_PANEL * op->in;
    for (int i = 0; i < op->in; i++)
        memcpy(to + (size_t)i * width, from + (size_t)i * columns, width * sizeof(float));
}

static void forward_item(void *context, int strip, void *memory) {
    const job *j = context;
    const lf_upconv *op = j->op;
    int n = strip / j->strips.per_image, s = strip % j->strips.per_image;
    int count = lf_rows_in_strip(&j->strips, s, 2 * op->height), first = s * j->strips.rows;
    size_t row = (size_t)2 * op->width * op->out, half = (size_t)op->in * 2 * op->out;
    float *scratch = memory, *small = lf_take(&scratch, (size_t)op->width * op->in);
    float *rows = lf_take(&scratch, j->strips.rows * row);
    for (int y = 0; y < count; y++) {
        if (y % 2 == 0)
            j->kernels->load_row(op->input, n, (first + y) / 2, small, op->in);
        multiply(j, op->width, 2 * op->out, op->in, small, op->shared + y % 2 * half,
                 rows + y * row, 0);
    }
    j->kernels->sink_rows(op->sink, n, first, count, rows, row, op->out, strip);
}

// ---------------------------------------------------------------- backward

/// One panel of one side's weights transposed, [2 columns of out][in].
static void pack_backward_item(void *context, int item, void *memory) {
    (void)memory;
    const job *j = context;
    const lf_upconv *op = j->op;
    int rows = 2 * op->out, side = item / panels_of(op->in), panel = item % panels_of(op->in);
    int width = panel_width(op->in, panel);
    size_t half = (size_t)op->in * rows;
    const float *from = op->weights + side * half + (size_t)panel * LF_PANEL * rows;
    float *to = op->shared + side * half + (size_t)panel * LF_PANEL * rows;
    for (int i = 0; i < width; i++)
        for (int o = 0; o < rows; o++)
            to[(size_t)o * width + i] = from[(size_t)i * rows + o];
}

static void backward_item(void *context, int strip, void *memory) {
    const job *j = context;
    const lf_upconv *op = j->op;
    int n = strip / j->strips.per_image, s = strip % j->strips.per_image;
    int count = lf_rows_in_strip(&j->strips, s, op->height), first = s * j->strips.rows;
    size_t row = (size_t)op->width * op->in, half = (size_t)op->in * 2 * op->out;
    float *scratch = memory, *large = lf_take(&scratch, (size_t)2 * op->width * op->out);
    float *rows = lf_take(&scratch, j->strips.rows * row);
    for (int y = 0; y < count; y++)
        for (int side = 0; side < 2; side++) {
            j->kernels->load_row(op->gradient, n, 2 * (first + y) + side, large, op->out);
            multiply(j, op->width, op->in, 2 * op->out, large, op->shared + side * half,
                     rows + y * row, side);
        }
    j->kernels->sink_rows(op->sink, n, first, count, rows, row, op->in, strip);
}

// ---------------------------------------------------------------- weights

/// The rows of one side of the large image, `count` of them from `first` on, cut into panels of
/// columns.
static void load_panels(const job *j, int n, int first, int count, int side, float *row,
                        float *panels) {
    const lf_upconv *op = j->op;
    int columns = 2 * op->out, pixels = count * op->width;
    for (int y = 0; y < count; y++) {
        j->kernels->load_row(op->gradient, n, 2 * (first + y) + side, row, op->out);
        for (int panel = 0; panel < panels_of(columns); panel++) {
            int width = panel_width(columns, panel);
            float *to = panels + (size_t)panel * LF_PANEL * pixels + (size_t)y * op->width * width;
            for (int x = 0; x < op->width; x++)
                memcpy(to + (size_t)x * width, row + (size_t)x * columns + panel * LF_PANEL,
                       width * sizeof(float));
        }
    }
}

/// All rows of a strip at once: the product's inner dimension is then a strip's pixels.
static void gradient_item(void *context, int slot, void *memory) {
    const job *j = context;
    const lf_upconv *op = j->op;
    int strips = op->batch * j->strips.per_image, columns = 2 * op->out;
    size_t half = (size_t)op->in * columns, most = (size_t)j->strips.rows * op->width;
    float *sum = op->shared + slot * 2 * half, *scratch = memory;
    float *small = lf_take(&scratch, most * op->in),
          *row = lf_take(&scratch, (size_t)op->width * columns);
    float *large = lf_take(&scratch, most * columns);
    memset(sum, 0, 2 * half * sizeof(float));
    for (int strip = strips * slot / j->slots; strip < strips * (slot + 1) / j->slots; strip++) {
        int n = strip / j->strips.per_image, s = strip % j->strips.per_image;
        int count = lf_rows_in_strip(&j->strips, s, op->height), first = s * j->strips.rows;
        int pixels = count * op->width;
        for (int y = 0; y < count; y++)
            j->kernels->load_row(op->input, n, first + y, small + (size_t)y * op->width * op->in,
                                 op->in);
        for (int side = 0; side < 2; side++) {
            load_panels(j, n, first, count, side, row, large);
            for (int panel = 0; panel < panels_of(columns); panel++) {
                int width = panel_width(columns, panel);
                j->kernels->gemm(op->in, width, pixels, small, 1, op->in,
                                 large + (size_t)panel * LF_PANEL * pixels, width,
                                 sum + side * half + panel * LF_PANEL, columns, 1);
            }
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

// ---------------------------------------------------------------- the operations

static int slots_of(const lf_upconv *op) {
    return (int)lf_min(LF_SLOTS, lf_strip_count(op->batch, op->height, op->width));
}

size_t lf_upconv_shared_floats(const lf_upconv *op) {
    return (size_t)slots_of(op) * 4 * op->in * op->out;
}

size_t lf_upconv_scratch_bytes(const lf_upconv *op) {
    lf_strips small = lf_strips_of(op->height, op->width),
              large = lf_strips_of(2 * op->height, 2 * op->width);
    size_t in = (size_t)op->width * op->in, out = (size_t)2 * op->width * op->out;
    size_t forward = in + large.rows * out, backward = out + small.rows * in;
    size_t gradient = small.rows * (in + out) + out;
    size_t most = forward > backward ? forward : backward;
    return ((most > gradient ? most : gradient) + 64) * sizeof(float);
}

void lf_upconv_forward(lf_pool *pool, const lf_kernels *kernels, const lf_upconv *op) {
    job j = {kernels, op, lf_strips_of(2 * op->height, 2 * op->width), 0};
    lf_parallel(pool, 2 * panels_of(2 * op->out), pack_forward_item, &j);
    lf_parallel(pool, op->batch * j.strips.per_image, forward_item, &j);
}

void lf_upconv_backward(lf_pool *pool, const lf_kernels *kernels, const lf_upconv *op) {
    job j = {kernels, op, lf_strips_of(op->height, op->width), 0};
    lf_parallel(pool, 2 * panels_of(op->in), pack_backward_item, &j);
    lf_parallel(pool, op->batch * j.strips.per_image, backward_item, &j);
}

void lf_upconv_gradient(lf_pool *pool, const lf_kernels *kernels, const lf_upconv *op) {
    job j = {kernels, op, lf_strips_of(op->height, op->width), slots_of(op)};
    lf_parallel(pool, j.slots, gradient_item, &j);
    lf_parallel(pool, op->in, sum_item, &j);
}
