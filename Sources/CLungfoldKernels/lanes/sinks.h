// Rows out: what happens to the rows an operation has made while they are still in the cache.

/// Vectors of channels that a sink handles side by side: a pixel's cache lines are then read in the
/// order in which they lie in memory.
#define LF_GROUPS 4

/// Runs BLOCK(groups, ..., c) for all channels, four vectors at a time and then what is left.
#define LF_BLOCKS(channels, block, ...)                                                            \
    for (int c = 0; c < (channels); c += LF_GROUPS * LF_LANES)                                     \
        switch (((channels)-c) / LF_LANES) {                                                       \
        case 1: block(1, __VA_ARGS__, c); break;                                                   \
        case 2: block(2, __VA_ARGS__, c); break;                                                   \
        case 3: block(3, __VA_ARGS__, c); break;                                                   \
        default: block(4, __VA_ARGS__, c); break;                                                  \
        }

LF_INLINE void put(const int streams, float *to, vf value) {
    if (streams)
        store_streaming(to, value);
    else
        st(to, value);
}

/// Two running sums of a block of channels, of even and of odd pixels: additions overlap, and a
/// float32 accumulator sees half a row before it leaves for double precision.
typedef struct {
    vf first[2][LF_GROUPS], second[2][LF_GROUPS];
} row_sums;

LF_INLINE void sums_clear(const int groups, row_sums *s) {
#pragma clang loop unroll(full)
    for (int g = 0; g < groups; g++)
        s->first[0][g] = s->first[1][g] = s->second[0][g] = s->second[1][g] = 0.0f;
}

/// BatchNorm's sums. They are taken about the row's first pixel, which makes them small wherever
/// the values are far from 0 but close to one another, and moved back to 0 in double precision.
LF_INLINE void statistics_block(const int groups, const int streams, const lf_sink *k, float *out,
                                const float *src, size_t stride, double *sums, int c) {
    int channels = k->channels, width = k->width;
    row_sums s;
    sums_clear(groups, &s);
    vf centre[LF_GROUPS];
#pragma clang loop unroll(full)
    for (int g = 0; g < groups; g++)
        centre[g] = ld(src + c + g * LF_LANES);
    for (int x = 0; x < width; x += 2)
#pragma clang loop unroll(full)
        for (int i = 0; i < 2; i++) {
            if (x + i == width)
                break;
#pragma clang loop unroll(full)
            for (int g = 0; g < groups; g++) {
                vf value = ld(src + (x + i) * stride + c + g * LF_LANES), d = value - centre[g];
                put(streams, out + (size_t)(x + i) * channels + c + g * LF_LANES, value);
                s.first[i][g] += d;
                s.second[i][g] += d * d;
            }
        }
    for (int g = 0; g < groups; g++) {
        vf first = s.first[0][g] + s.first[1][g], second = s.second[0][g] + s.second[1][g];
        double *to = sums + c + g * LF_LANES;
        for (int i = 0; i < LF_LANES; i++) {
            double about = centre[g][i];
            to[i] += first[i] + width * about;
            to[channels + i] += second[i] + about * (2.0 * first[i] + width * about);
        }
    }
}

static void sink_statistics(const lf_sink *k, int n, int r, const float *src, size_t stride,
                            double *sums) {
    float *out = k->out + ((size_t)n * k->height + r) * k->width * k->channels;
    if (k->streams)
        LF_BLOCKS(k->channels, statistics_block, 1, k, out, src, stride, sums)
    else
        LF_BLOCKS(k->channels, statistics_block, 0, k, out, src, stride, sums)
}

static void sink_activate(const lf_sink *k, int n, int r, const float *src, size_t stride) {
    int channels = k->channels;
    size_t start = ((size_t)n * k->height + r) * k->width * channels;
    for (int x = 0; x < k->width; x++)
        for (int c = 0; c < channels; c += LF_LANES) {
            size_t at = start + (size_t)x * channels + c;
            vf value = ld(src + x * stride + c);
            if (k->bias)
                value += ld(k->bias + c);
            if (k->relu)
                value = relu(value);
            if (k->drop_below)
                value = dropped(value, k->factor, k->drop_below, *k->dropout_key, at);
            put(k->streams, k->out + at, value);
        }
}

static void sink_store(const lf_sink *k, int n, int r, const float *src, size_t stride) {
    int channels = k->channels;
    float *out = k->out + ((size_t)n * k->height + r) * k->width * channels;
    for (int x = 0; x < k->width; x++)
        for (int c = 0; c < channels; c += LF_LANES)
            st(out + (size_t)x * channels + c, ld(src + x * stride + c));
}

/// The gradient behind the activation's ReLU: 0 where it was not positive.
LF_INLINE vf masked(const lf_sink *k, vf gradient, vf y, int c) {
    if (!k->y)
        return gradient;
    vf activation = k->scale ? y * ld(k->scale + c) + ld(k->shift + c) : y;
    // NaN compares as not positive; let it through instead.
    return activation <= 0.0f ? (vf)0.0f : gradient * k->factor;
}

LF_INLINE void add_to_sums(const lf_sink *k, row_sums *s, int side, int g, vf gradient, vf y,
                           int c) {
    s->first[side][g] += gradient;
    if (k->mean)
        s->second[side][g] += gradient * (y - ld(k->mean + c));
}

LF_INLINE void sums_leave(const int groups, const row_sums *s, int channels, int c, double *sums) {
    if (!sums)
        return;
    for (int g = 0; g < groups; g++) {
        vf first = s->first[0][g] + s->first[1][g], second = s->second[0][g] + s->second[1][g];
        double *to = sums + c + g * LF_LANES;
        for (int i = 0; i < LF_LANES; i++) {
            to[i] += first[i];
            to[channels + i] += second[i];
        }
    }
}

LF_INLINE void gradient_block(const int groups, const int streams, const lf_sink *k, size_t start,
                              const float *src, size_t stride, double *sums, int c) {
    int width = k->width;
    row_sums s;
    sums_clear(groups, &s);
    for (int x = 0; x < width; x += 2)
#pragma clang loop unroll(full)
        for (int i = 0; i < 2; i++) {
            if (x + i == width)
                break;
#pragma clang loop unroll(full)
            for (int g = 0; g < groups; g++) {
                int ch = c + g * LF_LANES;
                size_t at = start + (size_t)(x + i) * k->channels + ch;
                vf y = 0.0f;
                if (k->y) {
                    read_ahead(k->y + at);
                    y = ld(k->y + at);
                }
                vf gradient = masked(k, ld(src + (x + i) * stride + ch), y, ch);
                put(streams, k->out + at, gradient);
                add_to_sums(k, &s, i, g, gradient, y, ch);
            }
        }
    sums_leave(groups, &s, k->channels, c, sums);
}

static void sink_gradient(const lf_sink *k, int n, int r, const float *src, size_t stride,
                          double *sums) {
    size_t start = ((size_t)n * k->height + r) * k->width * k->channels;
    if (k->streams)
        LF_BLOCKS(k->channels, gradient_block, 1, k, start, src, stride, sums)
    else
        LF_BLOCKS(k->channels, gradient_block, 0, k, start, src, stride, sums)
}

LF_INLINE void gather_block(const int groups, const lf_sink *k, size_t start, const float *src,
                            size_t row, size_t stride, double *sums, int c) {
    row_sums s;
    sums_clear(groups, &s);
    for (int x = 0; x < k->width / 2; x++)
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++) {
            int ch = c + g * LF_LANES;
            size_t at = start + (size_t)x * k->channels + ch;
            vf picked = 0.0f;
#pragma clang loop unroll(full)
            for (int place = 0; place < 4; place++) {
                vf value = ld(src + (place >> 1) * row + (2 * x + (place & 1)) * stride + ch);
                picked = coded(k->codes + at, (uint8_t)place) ? value : picked;
            }
            vf y = k->y ? ld(k->y + at) : (vf)0.0f;
            vf gradient = masked(k, picked, y, ch);
            st(k->out + at, gradient);
            add_to_sums(k, &s, 0, g, gradient, y, ch);
        }
    sums_leave(groups, &s, k->channels, c, sums);
}

/// Two rows of the large image make one of the small: of each 2x2 only the coded pixel counts.
static void sink_gather(const lf_sink *k, int n, int r, const float *src, size_t row, size_t stride,
                        double *sums) {
    size_t start = ((size_t)n * (k->height / 2) + r / 2) * (k->width / 2) * k->channels;
    LF_BLOCKS(k->channels, gather_block, k, start, src, row, stride, sums)
}

LF_INLINE void scatter_block(const int groups, const lf_sink *k, size_t start, size_t large,
                             const float *src, size_t stride, double *sums, int c) {
    int channels = k->channels, width = k->width;
    row_sums s;
    sums_clear(groups, &s);
    for (int x = 0; x < width; x++)
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++) {
            int ch = c + g * LF_LANES;
            size_t at = start + (size_t)x * channels + ch;
            vf y = k->y ? ld(k->y + at) : (vf)0.0f;
            vf gradient = masked(k, ld(src + x * stride + ch), y, ch);
#pragma clang loop unroll(full)
            for (int place = 0; place < 4; place++) {
                size_t pixel = (size_t)(place >> 1) * 2 * width + 2 * x + (place & 1);
                float *out = k->out + large + pixel * channels + ch;
                st(out, ld(out) + keep(coded(k->codes + at, (uint8_t)place), gradient));
            }
            add_to_sums(k, &s, 0, g, gradient, y, ch);
        }
    sums_leave(groups, &s, channels, c, sums);
}

/// A row of the small image is added to two of the large, each value at its coded pixel.
static void sink_scatter(const lf_sink *k, int n, int r, const float *src, size_t stride,
                         double *sums) {
    size_t start = ((size_t)n * k->height + r) * k->width * k->channels;
    size_t large = ((size_t)n * k->height + r) * 2 * k->width * 2 * k->channels;
    LF_BLOCKS(k->channels, scatter_block, k, start, large, src, stride, sums)
}

static void sink_rows(const lf_sink *k, int n, int first, int count, const float *src, size_t row,
                      size_t stride, int strip) {
    for (; k; k = k->beside) {
        double *sums = k->sums ? k->sums + (size_t)strip * 2 * k->channels : NULL;
        if (sums)
            for (int i = 0; i < 2 * k->channels; i++)
                sums[i] = 0;
        for (int r = first; r < first + count; r++) {
            const float *from = src + (r - first) * row;
            switch (k->kind) {
            case LF_SINK_STORE: sink_store(k, n, r, from, stride); break;
            case LF_SINK_STATISTICS: sink_statistics(k, n, r, from, stride, sums); break;
            case LF_SINK_ACTIVATE: sink_activate(k, n, r, from, stride); break;
            case LF_SINK_GRADIENT: sink_gradient(k, n, r, from, stride, sums); break;
            case LF_SINK_GATHER:
                if (!(r & 1))
                    sink_gather(k, n, r, from, row, stride, sums);
                break;
            case LF_SINK_SCATTER: sink_scatter(k, n, r, from, stride, sums); break;
            default: break;
            }
        }
        src += k->channels;
    }
}
