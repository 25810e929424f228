// Stride-1 convolutions, forward and to their input: rows are made in a slab, multiplied, and
// handed to the sink while they are in the cache.
#include "strips.h"
#include <cblas.h>
#include <string.h>

/// Tiles whose transforms are in the second-level cache together.
#define LF_BLOCK_TILES 32
/// From here on the transformed weights exceed any core's own cache, and are shared by all instead.
#define LF_WIDE ((size_t)256 * 256)
/// Tiles whose transforms are kept at once when the weights are shared.
#define LF_WIDE_TILES 512

typedef struct {
    const lf_kernels *kernels;
    const lf_conv *op;
    lf_strips strips;
    int channels, pad;       ///< of the slab
    int first_strip, chunk;  ///< wide: the strips of this round
    size_t v_plane, m_plane; ///< wide
} job;

static int is_wide(const lf_conv *op) { return (size_t)op->in * op->out >= LF_WIDE; }
static int taps(const lf_conv *op) { return op->kernel * op->kernel; }
static int panel_width(const lf_conv *op, int panel) {
    return (int)lf_min(LF_PANEL, op->out - panel * LF_PANEL);
}
static int panels(const lf_conv *op) { return (op->out + LF_PANEL - 1) / LF_PANEL; }
/// Columns of the product that a thin output is summed from.
static int thin_columns(const lf_conv *op) {
    return (int)lf_round_up((size_t)taps(op) * op->thin, 16);
}
static int block_tiles(const lf_conv *op, const lf_strips *s) {
    return op->in <= 64 && s->tiles > LF_BLOCK_TILES ? LF_BLOCK_TILES : s->tiles;
}

static job job_of(const lf_kernels *kernels, const lf_conv *op) {
    return (job){.kernels = kernels,
                 .op = op,
                 .strips = lf_strips_of(op->height, op->width),
                 .channels = lf_total_channels(op->input),
                 .pad = op->kernel / 2};
}

static float *strip_rows(const job *j, float **scratch) {
    return lf_take(scratch, (size_t)j->strips.rows * j->strips.across * 4 * j->op->out);
}

static lf_slab slab_of(const job *j, float **scratch) {
    return (lf_slab){lf_take(scratch, lf_slab_floats(&j->strips, j->channels, j->pad)),
                     lf_slab_row(&j->strips, j->channels, j->pad)};
}

static void hand_over(const job *j, int n, int s, const float *rows) {
    size_t stride = j->op->out, row = (size_t)j->strips.across * 4 * stride;
    j->kernels->sink_rows(j->op->sink, n, s * j->strips.rows,
                          lf_rows_in_strip(&j->strips, s, j->op->height), rows, row, stride,
                          n * j->strips.per_image + s);
}

// ---------------------------------------------------------------- the ways to multiply a strip

/// Transforms of tiles `from`...`from + count` of a strip; a run of tiles never leaves its tile
/// row.
static void transform_input(const job *j, lf_slab slab, int from, int count, float *v,
                            size_t plane) {
    for (int done = 0; done < count;) {
        int tile = from + done, column = tile % j->strips.across;
        int run = (int)lf_min(count - done, j->strips.across - column);
        const float *at = slab.data + (size_t)(tile / j->strips.across) * 4 * slab.row +
                          (size_t)column * 4 * j->channels;
        j->kernels->winograd_input(at, slab.row, j->channels, run, v + (size_t)done * j->channels,
                                   (lf_planes){plane, j->channels, LF_PANEL});
        done += run;
    }
}

static void transform_output(const job *j, const float *m, size_t plane, size_t tile, int from,
                             int count, int panel, float *rows) {
    size_t stride = j->op->out, row = (size_t)j->strips.across * 4 * stride;
    for (int done = 0; done < count;) {
        int at = from + done, column = at % j->strips.across;
        int run = (int)lf_min(count - done, j->strips.across - column);
        float *out = rows + (size_t)(at / j->strips.across) * 4 * row +
                     (size_t)column * 4 * stride + (size_t)panel * LF_PANEL;
        j->kernels->winograd_output(m + done * tile, plane, tile, panel_width(j->op, panel), run,
                                    out, row, stride);
        done += run;
    }
}

static const float *panel_weights(const lf_conv *op, int panel, int point) {
    return op->transformed + (size_t)panel * LF_PANEL * LF_POINTS * op->in +
           (size_t)point * op->in * panel_width(op, panel);
}

static void winograd_strip(const job *j, lf_slab slab, float *rows, float *scratch) {
    const lf_conv *op = j->op;
    int block = block_tiles(op, &j->strips);
    size_t v_plane = lf_plane((size_t)block * op->in), m_plane = lf_plane((size_t)block * LF_PANEL);
    float *v = lf_take(&scratch, LF_POINTS * v_plane), *m = lf_take(&scratch, LF_POINTS * m_plane);
    for (int from = 0; from < j->strips.tiles; from += block) {
        int count = (int)lf_min(block, j->strips.tiles - from);
        transform_input(j, slab, from, count, v, v_plane);
        for (int panel = 0; panel < panels(op); panel++) {
            int width = panel_width(op, panel);
            for (int point = 0; point < LF_POINTS; point++)
                j->kernels->gemm(count, width, op->in, v + point * v_plane, op->in, 1,
                                 panel_weights(op, panel, point), width, m + point * m_plane, width,
                                 0);
            transform_output(j, m, m_plane, width, from, count, panel, rows);
        }
    }
}

/// A GEMM for each tap: a shifted slab is the shifted image.
static void direct_strip(const job *j, lf_slab slab, float *rows) {
    const lf_conv *op = j->op;
    size_t area = (size_t)op->in * op->out;
    for (int y = 0; y < j->strips.rows; y++)
        for (int tap = 0; tap < taps(op); tap++) {
            const float *a = slab.data + (y + tap / op->kernel) * slab.row +
                             (size_t)(tap % op->kernel) * j->channels;
            const float *b = op->weights + (op->adjoint ? taps(op) - 1 - tap : tap) * area;
            float *c = rows + (size_t)y * j->strips.across * 4 * op->out;
            cblas_sgemm(CblasRowMajor, CblasNoTrans, op->adjoint ? CblasTrans : CblasNoTrans,
                        op->width, op->out, j->channels, 1, a, j->channels, b,
                        op->adjoint ? op->in : op->out, tap ? 1 : 0, c, op->out);
        }
}

static void thin_in_strip(const job *j, lf_slab slab, float *rows) {
    const lf_conv *op = j->op;
    for (int y = 0; y < j->strips.rows; y++)
        j->kernels->thin_in(slab.data + y * slab.row, slab.row, j->channels, op->kernel, op->thin,
                            op->transformed, op->thin, op->out, op->width,
                            rows + (size_t)y * j->strips.across * 4 * op->out);
}

/// One product gives every pixel's part in each tap of each output; the output adds up its taps.
static void thin_out_strip(const job *j, lf_slab slab, float *rows, float *scratch, int follows) {
    const lf_conv *op = j->op;
    int columns = thin_columns(op), pixels = j->strips.across * 4 + 2 * j->pad;
    size_t row = (size_t)pixels * columns;
    float *parts = lf_take(&scratch, (j->strips.rows + 2 * j->pad) * row);
    int from = follows ? 2 * j->pad : 0;
    memmove(parts, parts + j->strips.rows * row, from * row * sizeof(float));
    for (int y = from; y < j->strips.rows + 2 * j->pad; y++)
        j->kernels->gemm(pixels, columns, op->in, slab.data + y * slab.row, op->in, 1,
                         op->transformed, columns, parts + y * row, columns, 0);
    for (int y = 0; y < j->strips.rows; y++)
        j->kernels->thin_sum(parts + y * row, row, columns, op->kernel, op->thin, op->width,
                             rows + (size_t)y * j->strips.across * 4 * op->out, op->out);
}

// ---------------------------------------------------------------- narrow: a thread does whole
// strips

static void narrow_item(void *context, int item, void *memory) {
    const job *j = context;
    float *scratch = memory;
    lf_slab slab = slab_of(j, &scratch);
    float *rows = strip_rows(j, &scratch);
    int n = item / j->strips.items_per_image,
        first = item % j->strips.items_per_image * j->strips.group;
    int end = (int)lf_min(first + j->strips.group, j->strips.per_image);
    for (int s = first; s < end; s++) {
        lf_fill_slab(j->kernels, j->op->input, &j->strips, j->channels, j->pad, n, s, s > first,
                     slab);
        switch (j->op->algorithm) {
        case LF_CONV_WINOGRAD: winograd_strip(j, slab, rows, scratch); break;
        case LF_CONV_THIN_IN: thin_in_strip(j, slab, rows); break;
        case LF_CONV_THIN_OUT: thin_out_strip(j, slab, rows, scratch, s > first); break;
        default: direct_strip(j, slab, rows); break;
        }
        hand_over(j, n, s, rows);
    }
}

// ---------------------------------------------------------------- wide: all threads share each
// product

static void wide_input_item(void *context, int item, void *memory) {
    const job *j = context;
    float *scratch = memory;
    lf_slab slab = slab_of(j, &scratch);
    int strip = j->first_strip + item;
    lf_fill_slab(j->kernels, j->op->input, &j->strips, j->channels, j->pad,
                 strip / j->strips.per_image, strip % j->strips.per_image, 0, slab);
    transform_input(j, slab, 0, j->strips.tiles,
                    j->op->shared + (size_t)item * j->strips.tiles * j->op->in, j->v_plane);
}

static void wide_product_item(void *context, int item, void *memory) {
    (void)memory;
    const job *j = context;
    const lf_conv *op = j->op;
    int point = item / panels(op), panel = item % panels(op);
    float *m = op->shared + LF_POINTS * j->v_plane;
    j->kernels->gemm(j->chunk * j->strips.tiles, panel_width(op, panel), op->in,
                     op->shared + point * j->v_plane, op->in, 1, panel_weights(op, panel, point),
                     panel_width(op, panel), m + point * j->m_plane + (size_t)panel * LF_PANEL,
                     op->out, 0);
}

static void wide_output_item(void *context, int item, void *memory) {
    const job *j = context;
    float *scratch = memory, *rows = strip_rows(j, &scratch);
    const float *m =
        j->op->shared + LF_POINTS * j->v_plane + (size_t)item * j->strips.tiles * j->op->out;
    for (int panel = 0; panel < panels(j->op); panel++)
        transform_output(j, m + (size_t)panel * LF_PANEL, j->m_plane, j->op->out, 0,
                         j->strips.tiles, panel, rows);
    int strip = j->first_strip + item;
    hand_over(j, strip / j->strips.per_image, strip % j->strips.per_image, rows);
}

static int wide_chunk(const lf_conv *op, const lf_strips *s) {
    int chunk = LF_WIDE_TILES / s->tiles;
    return (int)lf_min(chunk < 1 ? 1 : chunk, op->batch * s->per_image);
}

static void run_wide(lf_pool *pool, job *j) {
    int strips = j->op->batch * j->strips.per_image, chunk = wide_chunk(j->op, &j->strips);
    j->v_plane = lf_plane((size_t)chunk * j->strips.tiles * j->op->in);
    j->m_plane = lf_plane((size_t)chunk * j->strips.tiles * j->op->out);
    for (j->first_strip = 0; j->first_strip < strips; j->first_strip += chunk) {
        j->chunk = (int)lf_min(chunk, strips - j->first_strip);
        lf_parallel(pool, j->chunk, wide_input_item, j);
        lf_parallel(pool, LF_POINTS * panels(j->op), wide_product_item, j);
        lf_parallel(pool, j->chunk, wide_output_item, j);
    }
}

// ---------------------------------------------------------------- weights

/// Sixteen input channels of one panel.
static void prepare_winograd_item(void *context, int item, void *memory) {
    const job *j = context;
    const lf_conv *op = j->op;
    int panel = item % panels(op), from = item / panels(op) * 16, width = panel_width(op, panel);
    float *turned = memory; // [9][16][LF_PANEL], where the weights must be rotated and transposed
    for (int i = 0; op->adjoint && i < 9; i++)
        for (int o = 0; o < width; o++)
            for (int c = 0; c < 16; c++)
                turned[(i * 16 + c) * LF_PANEL + o] =
                    op->weights[((size_t)(8 - i) * op->out + panel * LF_PANEL + o) * op->in + from +
                                c];
    for (int c = 0; c < 16; c++) {
        const float *g = op->adjoint
                             ? turned + c * LF_PANEL
                             : op->weights + (size_t)(from + c) * op->out + panel * LF_PANEL;
        size_t tap = op->adjoint ? 16 * LF_PANEL : (size_t)op->in * op->out;
        float *u = op->transformed + (size_t)panel * LF_PANEL * LF_POINTS * op->in +
                   (size_t)(from + c) * width;
        j->kernels->winograd_weights(g, tap, width, u, (size_t)op->in * width);
    }
}

/// [taps][thin][out] from the forward weights or, rotated and transposed, from the adjoint's.
static void prepare_thin_in(const lf_conv *op) {
    for (int tap = 0; tap < taps(op); tap++)
        for (int i = 0; i < op->thin; i++)
            for (int o = 0; o < op->out; o++)
                op->transformed[((size_t)tap * op->thin + i) * op->out + o] =
                    op->adjoint
                        ? op->weights[((size_t)(taps(op) - 1 - tap) * op->out + o) * op->in + i]
                        : op->weights[((size_t)tap * op->in + i) * op->out + o];
}

/// [in][taps * thin], rounded up.
static void prepare_thin_out(const lf_conv *op) {
    int columns = thin_columns(op);
    memset(op->transformed, 0, (size_t)op->in * columns * sizeof(float));
    for (int tap = 0; tap < taps(op); tap++)
        for (int i = 0; i < op->in; i++)
            for (int o = 0; o < op->thin; o++)
                op->transformed[(size_t)i * columns + tap * op->thin + o] =
                    op->weights[((size_t)tap * op->in + i) * op->out + o];
}

void lf_conv_prepare(lf_pool *pool, const lf_kernels *kernels, const lf_conv *op) {
    job j = job_of(kernels, op);
    switch (op->algorithm) {
    case LF_CONV_WINOGRAD:
        lf_parallel(pool, op->in / 16 * panels(op), prepare_winograd_item, &j);
        break;
    case LF_CONV_THIN_IN: prepare_thin_in(op); break;
    case LF_CONV_THIN_OUT: prepare_thin_out(op); break;
    default: break;
    }
}

// ---------------------------------------------------------------- the operation

size_t lf_conv_transformed_floats(const lf_conv *op) {
    switch (op->algorithm) {
    case LF_CONV_WINOGRAD: return (size_t)LF_POINTS * op->in * op->out;
    case LF_CONV_THIN_IN: return (size_t)taps(op) * op->thin * op->out;
    case LF_CONV_THIN_OUT: return (size_t)op->in * thin_columns(op);
    default: return 0;
    }
}

size_t lf_conv_shared_floats(const lf_conv *op) {
    if (op->algorithm != LF_CONV_WINOGRAD || !is_wide(op))
        return 0;
    lf_strips s = lf_strips_of(op->height, op->width);
    size_t tiles = (size_t)wide_chunk(op, &s) * s.tiles;
    return LF_POINTS * (lf_plane(tiles * op->in) + lf_plane(tiles * op->out));
}

size_t lf_conv_scratch_bytes(const lf_conv *op) {
    job j = job_of(NULL, op);
    size_t slab = lf_slab_floats(&j.strips, j.channels, j.pad);
    size_t rows = (size_t)j.strips.rows * j.strips.across * 4 * op->out, middle = 0;
    if (op->algorithm == LF_CONV_WINOGRAD) {
        int block = block_tiles(op, &j.strips);
        middle =
            LF_POINTS * (lf_plane((size_t)block * op->in) + lf_plane((size_t)block * LF_PANEL));
        middle = middle > 9 * 16 * LF_PANEL ? middle : 9 * 16 * LF_PANEL;
    } else if (op->algorithm == LF_CONV_THIN_OUT) {
        middle = (size_t)(j.strips.rows + 2 * j.pad) * (j.strips.across * 4 + 2 * j.pad) *
                 thin_columns(op);
    }
    return (slab + rows + middle + 64) * sizeof(float);
}

void lf_conv_run(lf_pool *pool, const lf_kernels *kernels, const lf_conv *op) {
    job j = job_of(kernels, op);
    if (!op->prepared)
        lf_conv_prepare(pool, kernels, op);
    if (op->algorithm == LF_CONV_WINOGRAD && is_wide(op))
        run_wide(pool, &j);
    else
        lf_parallel(pool, op->batch * j.strips.items_per_image, narrow_item, &j);
}
