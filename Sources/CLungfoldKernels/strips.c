#include "strips.h"
#include <string.h>

int lf_strip_count(int batch, int height, int width) {
    return batch * lf_strips_of(height, width).per_image;
}

static void zero(float *from, size_t floats) { memset(from, 0, floats * sizeof(float)); }

void lf_fill_slab(const lf_kernels *kernels, const lf_rows *rows, const lf_strips *strips,
                  int channels, int pad, int n, int s, int follows, lf_slab slab) {
    int first = s * strips->rows - pad, from = 0;
    if (follows && pad) {
        from = 2 * pad;
        memmove(slab.data, slab.data + strips->rows * slab.row, from * slab.row * sizeof(float));
    }
    size_t left = (size_t)pad * channels, image = (size_t)rows->width * channels;
    for (int y = from; y < strips->rows + 2 * pad; y++) {
        float *row = slab.data + y * slab.row;
        if (first + y < 0 || first + y >= rows->height) {
            zero(row, slab.row);
            continue;
        }
        zero(row, left);
        kernels->load_row(rows, n, first + y, row + left, channels);
        zero(row + left + image, slab.row - left - image);
    }
}
