// The table of loops that every instruction set fills, and what the files of this target share.
#pragma once
#include "CLungfoldKernels.h"

/// Bytes a cache line and a vector register hold at most.
#define LF_ALIGN 64
/// Output channels that one panel of transformed weights holds.
#define LF_PANEL 64
/// Values of a Winograd tile: 6 x 6.
#define LF_POINTS 36

static inline size_t lf_min(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t lf_round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

/// A padded piece of an image in scratch memory: rows of `width + 2` or more pixels, the first
/// pixel and the first row being the padding (or the row above).
typedef struct lf_slab {
    float *data;
    size_t row; ///< floats from one row to the next
} lf_slab;

/// How transformed tiles lie in memory: floats from one of the 36 points to the next, from one tile
/// to the next, and from one panel of channels to the next.
typedef struct lf_planes {
    size_t plane, tile, panel;
} lf_planes;

struct lf_kernels {
    const char *name;

    /// Delivers pixels 0..width-1 of row `r` of image `n` to dst, `stride` floats from pixel to
    /// pixel.
    void (*load_row)(const lf_rows *rows, int n, int r, float *dst, size_t stride);
    /// Takes `count` rows of image `n` from `first` on; src holds pixels `stride` floats apart.
    void (*sink_rows)(const lf_sink *sink, int n, int first, int count, const float *src,
                      size_t row, size_t stride, int strip);

    /// C[m][n] (+)= sum over k of A[m * am + k * ak] B[k * ldb + n]; columns a multiple of 16.
    void (*gemm)(int m, int n, int k, const float *a, size_t am, size_t ak, const float *b,
                 size_t ldb, float *c, size_t ldc, int accumulate);

    /// V = BT d B of `tiles` tiles side by side.
    void (*winograd_input)(const float *slab, size_t row, int channels, int tiles, float *v,
                           lf_planes to);
    /// Y = AT M A of `tiles` tiles side by side, `panel` channels at out.
    void (*winograd_output)(const float *m, size_t plane, size_t tile, int channels, int tiles,
                            float *out, size_t row, size_t stride);
    /// Z = A dY AT of 4x4 gradient tiles.
    void (*winograd_gradient)(const float *slab, size_t row, int channels, int tiles, float *z,
                              lf_planes to);
    /// U[point][out] = G g GT of one input channel; taps are `tap` floats apart, points `plane`.
    void (*winograd_weights)(const float *g, size_t tap, int channels, float *u, size_t plane);
    /// dg (+)= GT P G of one input channel.
    void (*winograd_dweights)(const float *p, size_t plane, int channels, float *dg, size_t tap);

    /// Few input channels: out[pixel][oc] = sum over taps and ic of slab weights.
    void (*thin_in)(const float *slab, size_t row, size_t stride, int kernel, int in,
                    const float *w, int in_padded, int out, int width, float *dst);
    /// Few output channels: dst[pixel][o] = sum over taps of parts[pixel + tap][tap * out + o].
    void (*thin_sum)(const float *parts, size_t row, int columns, int kernel, int out, int width,
                     float *dst, size_t stride);
    /// dw[tap][ic][oc] += slab x gradient of one row; few input channels.
    void (*thin_dweights)(const float *slab, size_t row, size_t stride, int kernel, int in,
                          const float *dy, int out, int width, float *dw);

    void (*pool_row)(const lf_pooling *op, int n, int r);
    void (*loss_rows)(const lf_loss *op, int n, int first, int count, float inverse_weight,
                      double *sums);
    void (*adam)(float *p, const float *g, float *m, float *v, size_t count, float rate, float root,
                 float l2);
};

/// An operation's item; `scratch` is the thread's own.
typedef void (*lf_item)(void *context, int item, void *scratch);
/// Runs items 0..count-1, each once, on the threads of the pool; returns when all are done.
void lf_parallel(lf_pool *pool, int count, lf_item item, void *context);
