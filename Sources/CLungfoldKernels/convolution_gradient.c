// The gradient of a convolution's weights. Partial sums belong to a fixed number of slots, not to
// threads, and are added in slot order.
#include "strips.h"
#include <cblas.h>
#include <string.h>

/// Partial sums that are kept apart.
#define LF_SLOTS 8
/// From here on the partial sums exceed a core's own cache, and all threads share one instead.
#define LF_WIDE ((size_t)128 * 256)
/// Tiles whose transforms are kept at once when the sum is shared.
#define LF_WIDE_TILES 512

typedef struct {
    const lf_kernels *kernels;
    const lf_conv_gradient *op;
    lf_strips strips;
    int channels, pad; ///< of the slab
    int slots;
    int first_strip, chunk; ///< the strips whose tiles lie in the planes
    size_t x_plane, z_plane;
    size_t slot_floats;
} job;

static int taps(const lf_conv_gradient *op) { return op->kernel * op->kernel; }
static int is_wide(const lf_conv_gradient *op) {
    return op->algorithm == LF_CONV_WINOGRAD && (size_t)op->in * op->out >= LF_WIDE;
}
static int strips_of_batch(const job *j) { return j->op->batch * j->strips.per_image; }
static int first_strip_of(const job *j, int slot) {
    return (int)((int64_t)strips_of_batch(j) * slot / j->slots);
}
static int wide_chunk(const lf_conv_gradient *op, const lf_strips *s) {
    int chunk = LF_WIDE_TILES / s->tiles;
    return (int)lf_min(chunk < 1 ? 1 : chunk, op->batch * s->per_image);
}

/// Channels of a tile in the planes: with several panels, the last is as wide as the others.
static size_t plane_channels(int channels) {
    return channels <= LF_PANEL ? (size_t)channels : lf_round_up(channels, LF_PANEL);
}

static job job_of(const lf_kernels *kernels, const lf_conv_gradient *op) {
    job j = {.kernels = kernels,
             .op = op,
             .strips = lf_strips_of(op->height, op->width),
             .channels = lf_total_channels(op->input),
             .pad = op->kernel / 2,
             .chunk = 1};
    j.slots = (int)lf_min(LF_SLOTS, strips_of_batch(&j));
    size_t area = (size_t)op->in * op->out;
    switch (op->algorithm) {
    case LF_CONV_WINOGRAD: j.slot_floats = LF_POINTS * area; break;
    case LF_CONV_DIRECT: j.slot_floats = taps(op) * area; break;
    default:
        // The thin side first, as the kernel makes them.
        j.slot_floats =
            (size_t)taps(op) * op->thin * (op->algorithm == LF_CONV_THIN_IN ? op->out : op->in);
    }
    if (op->algorithm == LF_CONV_WINOGRAD) {
        size_t tiles = (size_t)j.strips.tiles * (is_wide(op) ? wide_chunk(op, &j.strips) : 1);
        j.x_plane = lf_plane(tiles * plane_channels(op->in));
        j.z_plane = lf_plane(tiles * plane_channels(op->out));
    }
    return j;
}

static lf_slab slab_of(const job *j, int channels, int pad, float **scratch) {
    return (lf_slab){lf_take(scratch, lf_slab_floats(&j->strips, channels, pad)),
                     lf_slab_row(&j->strips, channels, pad)};
}

/// Fills the slabs of strip `strip` of the batch: the input with its border, the gradient without,
/// or the other way round where the gradient is the thin side.
static void fill(const job *j, int strip, int follows, lf_slab x, int x_pad, lf_slab g, int g_pad) {
    int n = strip / j->strips.per_image, s = strip % j->strips.per_image;
    follows = follows && s > 0;
    lf_fill_slab(j->kernels, j->op->input, &j->strips, j->channels, x_pad, n, s, follows, x);
    lf_fill_slab(j->kernels, j->op->gradient, &j->strips, j->op->out, g_pad, n, s, follows, g);
}

static int panels(int channels) { return (channels + LF_PANEL - 1) / LF_PANEL; }
static int panel_width(int channels, int panel) {
    return (int)lf_min(LF_PANEL, channels - panel * LF_PANEL);
}

/// Transformed tiles lie panel by panel, [panel][tile][LF_PANEL]: a product walks over tiles, and
/// tiles a power of two apart would share a few cache sets.
static lf_planes planes_of(const job *j, size_t plane, int channels) {
    size_t tile = lf_min(channels, LF_PANEL);
    return (lf_planes){plane, tile, (size_t)j->chunk * j->strips.tiles * tile};
}

/// The tiles of a strip, `first` tiles into the planes.
static void transform(const job *j, lf_slab x, lf_slab g, size_t first, float *v, float *z) {
    lf_planes to_v = planes_of(j, j->x_plane, j->op->in),
              to_z = planes_of(j, j->z_plane, j->op->out);
    for (int tile = 0; tile < j->strips.tiles; tile += j->strips.across) {
        size_t y = (size_t)tile / j->strips.across * 4, at = first + tile;
        j->kernels->winograd_input(x.data + y * x.row, x.row, j->op->in, j->strips.across,
                                   v + at * to_v.tile, to_v);
        j->kernels->winograd_gradient(g.data + y * g.row, g.row, j->op->out, j->strips.across,
                                      z + at * to_z.tile, to_z);
    }
}

/// P[in][panel of out] (+)= VT Z at one point.
static void multiply(const job *j, int point, int panel, const float *v, const float *z, float *p,
                     int accumulate) {
    int in = j->op->in, out = j->op->out, tiles = j->chunk * j->strips.tiles;
    lf_planes of_v = planes_of(j, j->x_plane, in), of_z = planes_of(j, j->z_plane, out);
    const float *right = z + point * of_z.plane + panel * of_z.panel;
    float *to = p + (size_t)point * in * out + panel * LF_PANEL;
    for (int i = 0; i < panels(in); i++)
        j->kernels->gemm(panel_width(in, i), panel_width(out, panel), tiles,
                         v + point * of_v.plane + i * of_v.panel, 1, of_v.tile, right, of_z.tile,
                         to + (size_t)i * LF_PANEL * out, out, accumulate);
}

// ---------------------------------------------------------------- narrow: a thread fills a slot

static void winograd_slot(const job *j, int first, int end, float *p, float *scratch) {
    const lf_conv_gradient *op = j->op;
    lf_slab x = slab_of(j, op->in, 1, &scratch), g = slab_of(j, op->out, 0, &scratch);
    float *v = lf_take(&scratch, LF_POINTS * j->x_plane),
          *z = lf_take(&scratch, LF_POINTS * j->z_plane);
    for (int strip = first; strip < end; strip++) {
        fill(j, strip, strip > first, x, 1, g, 0);
        transform(j, x, g, 0, v, z);
        for (int point = 0; point < LF_POINTS; point++)
            for (int panel = 0; panel < panels(op->out); panel++)
                multiply(j, point, panel, v, z, p, strip > first);
    }
}

static void direct_slot(const job *j, int first, int end, float *sum, float *scratch) {
    const lf_conv_gradient *op = j->op;
    lf_slab x = slab_of(j, j->channels, j->pad, &scratch), g = slab_of(j, op->out, 0, &scratch);
    for (int strip = first; strip < end; strip++) {
        fill(j, strip, strip > first, x, j->pad, g, 0);
        for (int y = 0; y < j->strips.rows; y++)
            for (int tap = 0; tap < taps(op); tap++) {
                const float *a = x.data + (y + tap / op->kernel) * x.row +
                                 (size_t)(tap % op->kernel) * j->channels;
                cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, j->channels, op->out,
                            op->width, 1, a, j->channels, g.data + y * g.row, op->out, 1,
                            sum + (size_t)tap * op->in * op->out, op->out);
            }
    }
}

static void thin_in_slot(const job *j, int first, int end, float *sum, float *scratch) {
    const lf_conv_gradient *op = j->op;
    lf_slab x = slab_of(j, j->channels, j->pad, &scratch), g = slab_of(j, op->out, 0, &scratch);
    for (int strip = first; strip < end; strip++) {
        fill(j, strip, strip > first, x, j->pad, g, 0);
        for (int y = 0; y < j->strips.rows; y++)
            j->kernels->thin_dweights(x.data + y * x.row, x.row, j->channels, op->kernel, op->thin,
                                      g.data + y * g.row, op->out, op->width, sum);
    }
}

/// The same with the roles exchanged: the few channels are the gradient's.
static void thin_out_slot(const job *j, int first, int end, float *sum, float *scratch) {
    const lf_conv_gradient *op = j->op;
    lf_slab x = slab_of(j, op->in, 0, &scratch), g = slab_of(j, op->out, j->pad, &scratch);
    for (int strip = first; strip < end; strip++) {
        fill(j, strip, strip > first, x, 0, g, j->pad);
        for (int y = 0; y < j->strips.rows; y++)
            j->kernels->thin_dweights(g.data + y * g.row, g.row, op->out, op->kernel, op->thin,
                                      x.data + y * x.row, op->in, op->width, sum);
    }
}

static void slot_item(void *context, int slot, void *scratch) {
    const job *j = context;
    float *sum = j->op->shared + slot * j->slot_floats;
    int first = first_strip_of(j, slot), end = first_strip_of(j, slot + 1);
    if (j->op->algorithm == LF_CONV_WINOGRAD) {
        winograd_slot(j, first, end, sum, scratch);
        return;
    }
    memset(sum, 0, j->slot_floats * sizeof(float));
    switch (j->op->algorithm) {
    case LF_CONV_THIN_IN: thin_in_slot(j, first, end, sum, scratch); break;
    case LF_CONV_THIN_OUT: thin_out_slot(j, first, end, sum, scratch); break;
    default: direct_slot(j, first, end, sum, scratch); break;
    }
}

// ---------------------------------------------------------------- from slots to weights

/// One input channel: the slots' points are added, then transformed.
static void winograd_weights_item(void *context, int channel, void *memory) {
    const job *j = context;
    const lf_conv_gradient *op = j->op;
    size_t area = (size_t)op->in * op->out, row = (size_t)channel * op->out;
    float *p = memory;
    for (int point = 0; point < LF_POINTS; point++)
        for (int slot = 0; slot < j->slots; slot++) {
            const float *from = op->shared + slot * j->slot_floats + point * area + row;
            float *to = p + (size_t)point * op->out;
            for (int o = 0; o < op->out; o++)
                to[o] = slot ? to[o] + from[o] : from[o];
        }
    j->kernels->winograd_dweights(p, op->out, op->out, op->dweights + row, area);
}

static float slot_sum(const job *j, size_t at) {
    float sum = j->op->shared[at];
    for (int slot = 1; slot < j->slots; slot++)
        sum += j->op->shared[slot * j->slot_floats + at];
    return sum;
}

static void direct_weights_item(void *context, int channel, void *memory) {
    (void)memory;
    const job *j = context;
    const lf_conv_gradient *op = j->op;
    for (int tap = 0; tap < taps(op); tap++)
        for (int o = 0; o < op->out; o++) {
            size_t at = ((size_t)tap * op->in + channel) * op->out + o;
            op->dweights[at] = slot_sum(j, at);
        }
}

/// The kernel's sums are [tap][thin][wide], and seen from the gradient where that is the thin side.
static void thin_weights_item(void *context, int channel, void *memory) {
    (void)memory;
    const job *j = context;
    const lf_conv_gradient *op = j->op;
    int swapped = op->algorithm == LF_CONV_THIN_OUT;
    for (int tap = 0; tap < taps(op); tap++)
        for (int o = 0; o < op->out; o++) {
            int thin = swapped ? o : channel, wide = swapped ? channel : o;
            size_t from = ((size_t)(swapped ? taps(op) - 1 - tap : tap) * op->thin + thin) *
                              (swapped ? op->in : op->out) +
                          wide;
            op->dweights[((size_t)tap * op->in + channel) * op->out + o] =
                thin < op->thin ? slot_sum(j, from) : 0;
        }
}

// ---------------------------------------------------------------- wide: all threads share each
// product

static void wide_transform_item(void *context, int item, void *memory) {
    const job *j = context;
    float *scratch = memory;
    lf_slab x = slab_of(j, j->op->in, 1, &scratch), g = slab_of(j, j->op->out, 0, &scratch);
    fill(j, j->first_strip + item, 0, x, 1, g, 0);
    transform(j, x, g, (size_t)item * j->strips.tiles, j->op->shared,
              j->op->shared + LF_POINTS * j->x_plane);
}

static float *wide_sum(const job *j) {
    return j->op->shared + LF_POINTS * (j->x_plane + j->z_plane);
}

static void wide_product_item(void *context, int item, void *memory) {
    (void)memory;
    const job *j = context;
    const lf_conv_gradient *op = j->op;
    multiply(j, item / panels(op->out), item % panels(op->out), op->shared,
             op->shared + LF_POINTS * j->x_plane, wide_sum(j), j->first_strip > 0);
}

static void wide_weights_item(void *context, int channel, void *memory) {
    (void)memory;
    const job *j = context;
    size_t area = (size_t)j->op->in * j->op->out, row = (size_t)channel * j->op->out;
    j->kernels->winograd_dweights(wide_sum(j) + row, area, j->op->out, j->op->dweights + row, area);
}

static void run_wide(lf_pool *pool, job *j) {
    int strips = strips_of_batch(j), chunk = wide_chunk(j->op, &j->strips);
    for (j->first_strip = 0; j->first_strip < strips; j->first_strip += chunk) {
        j->chunk = (int)lf_min(chunk, strips - j->first_strip);
        lf_parallel(pool, j->chunk, wide_transform_item, j);
        lf_parallel(pool, LF_POINTS * panels(j->op->out), wide_product_item, j);
    }
    lf_parallel(pool, j->op->in, wide_weights_item, j);
}

// ---------------------------------------------------------------- the operation

size_t lf_conv_gradient_shared_floats(const lf_conv_gradient *op) {
    job j = job_of(NULL, op);
    if (is_wide(op))
        return LF_POINTS * (j.x_plane + j.z_plane + (size_t)op->in * op->out);
    return j.slots * j.slot_floats;
}

size_t lf_conv_gradient_scratch_bytes(const lf_conv_gradient *op) {
    job j = job_of(NULL, op);
    size_t slabs = lf_slab_floats(&j.strips, j.channels, 1) + lf_slab_floats(&j.strips, op->out, 1);
    size_t planes = LF_POINTS * (j.x_plane + j.z_plane), sum = (size_t)LF_POINTS * op->out;
    if (is_wide(op) || planes < sum)
        planes = sum;
    return (slabs + planes + 64) * sizeof(float);
}

void lf_conv_gradient_run(lf_pool *pool, const lf_kernels *kernels, const lf_conv_gradient *op) {
    job j = job_of(kernels, op);
    if (is_wide(op)) {
        run_wide(pool, &j);
        return;
    }
    lf_parallel(pool, j.slots, slot_item, &j);
    lf_parallel(pool, op->in,
                op->algorithm == LF_CONV_WINOGRAD ? winograd_weights_item
                : op->algorithm == LF_CONV_DIRECT ? direct_weights_item
                                                  : thin_weights_item,
                &j);
}
