// Convolutions with few input channels (the image, or the gradient of a few classes): every output
// pixel is a handful of broadcasts times weights that stay in registers.

/// One row: slab is its top left padded pixel, `stride` floats from pixel to pixel; w is
/// [taps][in_padded][out].
LF_INLINE void thin_in_taps(const int kernel, const int in, const float *slab, size_t row,
                            size_t stride, const float *w, int in_padded, int out, int width,
                            float *dst) {
    for (int c = 0; c < out; c += LF_LANES) {
        vf weights[9 * 4];
#pragma clang loop unroll(full)
        for (int tap = 0; tap < kernel * kernel; tap++)
#pragma clang loop unroll(full)
            for (int i = 0; i < in; i++)
                weights[tap * in + i] = ld(w + ((size_t)tap * in_padded + i) * out + c);
        for (int x = 0; x < width; x++) {
            vf sum = 0.0f;
#pragma clang loop unroll(full)
            for (int y = 0; y < kernel; y++)
#pragma clang loop unroll(full)
                for (int k = 0; k < kernel; k++)
#pragma clang loop unroll(full)
                    for (int i = 0; i < in; i++)
                        sum += slab[y * row + (x + k) * stride + i] *
                               weights[(y * kernel + k) * in + i];
            st(dst + (size_t)x * out + c, sum);
        }
    }
}

static void thin_in(const float *slab, size_t row, size_t stride, int kernel, int in,
                    const float *w, int in_padded, int out, int width, float *dst) {
    if (kernel == 3 && in == 1)
        thin_in_taps(3, 1, slab, row, stride, w, in_padded, out, width, dst);
    else if (kernel == 3 && in == 2)
        thin_in_taps(3, 2, slab, row, stride, w, in_padded, out, width, dst);
    else if (kernel == 3 && in == 3)
        thin_in_taps(3, 3, slab, row, stride, w, in_padded, out, width, dst);
    else if (kernel == 3)
        thin_in_taps(3, 4, slab, row, stride, w, in_padded, out, width, dst);
    else if (in == 1)
        thin_in_taps(1, 1, slab, row, stride, w, in_padded, out, width, dst);
    else if (in == 2)
        thin_in_taps(1, 2, slab, row, stride, w, in_padded, out, width, dst);
    else if (in == 3)
        thin_in_taps(1, 3, slab, row, stride, w, in_padded, out, width, dst);
    else
        thin_in_taps(1, 4, slab, row, stride, w, in_padded, out, width, dst);
}

LF_INLINE void thin_sum_taps(const int kernel, const int out, const float *parts, size_t row,
                             int columns, int width, float *dst, size_t stride) {
    for (int x = 0; x < width; x++)
#pragma clang loop unroll(full)
        for (int o = 0; o < out; o++) {
            float sum = 0;
#pragma clang loop unroll(full)
            for (int tap = 0; tap < kernel * kernel; tap++)
                sum += parts[tap / kernel * row + (size_t)(x + tap % kernel) * columns + tap * out +
                             o];
            dst[x * stride + o] = sum;
        }
}

/// The channels from `out` up to the padding become 0.
static void thin_sum(const float *parts, size_t row, int columns, int kernel, int out, int width,
                     float *dst, size_t stride) {
    for (int x = 0; x < width; x++)
        for (size_t c = 0; c < stride; c += LF_LANES)
            st(dst + x * stride + c, 0.0f);
    if (kernel == 3 && out == 2)
        thin_sum_taps(3, 2, parts, row, columns, width, dst, stride);
    else if (kernel == 3 && out == 4)
        thin_sum_taps(3, 4, parts, row, columns, width, dst, stride);
    else
        thin_sum_taps(kernel, out, parts, row, columns, width, dst, stride);
}

/// One row of the weights' gradient, all taps of one input channel at a time; dw is
/// [taps][in][out].
LF_INLINE void thin_dweights_taps(const int kernel, const float *slab, size_t row, size_t stride,
                                  int in, const float *dy, int out, int width, float *dw) {
    for (int i = 0; i < in; i++)
        for (int c = 0; c < out; c += LF_LANES) {
            vf sum[9];
#pragma clang loop unroll(full)
            for (int tap = 0; tap < kernel * kernel; tap++)
                sum[tap] = ld(dw + ((size_t)tap * in + i) * out + c);
            for (int x = 0; x < width; x++) {
                vf gradient = ld(dy + (size_t)x * out + c);
#pragma clang loop unroll(full)
                for (int y = 0; y < kernel; y++)
#pragma clang loop unroll(full)
                    for (int k = 0; k < kernel; k++)
                        sum[y * kernel + k] += slab[y * row + (x + k) * stride + i] * gradient;
            }
#pragma clang loop unroll(full)
            for (int tap = 0; tap < kernel * kernel; tap++)
                st(dw + ((size_t)tap * in + i) * out + c, sum[tap]);
        }
}

static void thin_dweights(const float *slab, size_t row, size_t stride, int kernel, int in,
                          const float *dy, int out, int width, float *dw) {
    if (kernel == 3)
        thin_dweights_taps(3, slab, row, stride, in, dy, out, width, dw);
    else
        thin_dweights_taps(1, slab, row, stride, in, dy, out, width, dw);
}
