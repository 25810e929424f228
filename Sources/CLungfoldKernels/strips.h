// How an image is cut: into strips of tile rows, each 4 pixels high, so that a strip has about 64
// Winograd tiles; and the strips of an image into at most eight items. Both depend on the shape
// alone.
#pragma once
#include "kernels.h"

typedef struct lf_strips {
    int rows;      ///< of pixels in a strip, a multiple of 4
    int across;    ///< tiles side by side
    int tiles;     ///< in a strip
    int per_image; ///< strips
    int group;     ///< strips an item
    int items_per_image;
} lf_strips;

static inline lf_strips lf_strips_of(int height, int width) {
    lf_strips s;
    int tile_rows = (height + 3) / 4;
    s.across = (width + 3) / 4;
    int deep = s.across >= 64 ? 1 : 64 / s.across;
    deep = deep < tile_rows ? deep : tile_rows;
    s.rows = 4 * deep;
    s.tiles = deep * s.across;
    s.per_image = (tile_rows + deep - 1) / deep;
    s.group = (s.per_image + 7) / 8;
    s.items_per_image = (s.per_image + s.group - 1) / s.group;
    return s;
}

/// Rows of the image that strip `s` really has.
static inline int lf_rows_in_strip(const lf_strips *strips, int s, int height) {
    int left = height - s * strips->rows;
    return left < strips->rows ? left : strips->rows;
}

/// Fills a slab with strip `s` of image `n` and `pad` pixels around it, 0 outside the image. When
/// the slab still holds the strip before, its last rows are moved up instead of made again.
void lf_fill_slab(const lf_kernels *kernels, const lf_rows *rows, const lf_strips *strips,
                  int channels, int pad, int n, int s, int follows, lf_slab slab);

/// A slab's size; its rows are `pad` + tiles + `pad` pixels wide.
static inline size_t lf_slab_row(const lf_strips *strips, int channels, int pad) {
    return (size_t)(strips->across * 4 + 2 * pad) * channels;
}
static inline size_t lf_slab_floats(const lf_strips *strips, int channels, int pad) {
    return lf_round_up((strips->rows + 2 * pad) * lf_slab_row(strips, channels, pad), 16);
}

static inline int lf_total_channels(const lf_rows *rows) {
    int channels = 0;
    for (; rows; rows = rows->beside)
        channels += rows->channels;
    return channels;
}

/// Hands out pieces of a thread's scratch memory, each aligned to a cache line.
static inline float *lf_take(float **scratch, size_t floats) {
    float *taken = *scratch;
    *scratch += lf_round_up(floats, 16);
    return taken;
}

/// Floats from one of the 36 planes to the next: an odd number of cache lines, so that the planes
/// of a tile do not all fall into the same cache set.
static inline size_t lf_plane(size_t floats) { return (lf_round_up(floats, 32) | 16); }
