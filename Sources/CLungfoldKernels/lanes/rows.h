// Rows in: what a convolution reads may be stored in another form (before BatchNorm, before
// unpooling, in two tensors side by side) and is made row by row on the way into scratch memory.

LF_INLINE vf row_value(const lf_rows *rows, const float *data, size_t at, int c) {
    vf value = ld(data + at);
    if (rows->kind == LF_ROWS_NORMALISED)
        return relu(value * ld(rows->scale + c) + ld(rows->shift + c));
    return value;
}

static void load_plain(const lf_rows *rows, size_t pixel, float *dst, size_t stride) {
    int channels = rows->channels;
    if (channels == 1) { // the image, the one tensor that is not padded
        for (int x = 0; x < rows->width; x++)
            dst[x * stride] = rows->data[pixel + x];
        return;
    }
    for (int x = 0; x < rows->width; x++)
        for (int c = 0; c < channels; c += LF_LANES) {
            const float *from = rows->data + (pixel + x) * channels + c;
            read_ahead(from);
            st(dst + x * stride + c, ld(from));
        }
}

static void load_normalised(const lf_rows *rows, size_t pixel, float *dst, size_t stride) {
    int channels = rows->channels;
    for (int x = 0; x < rows->width; x++)
        for (int c = 0; c < channels; c += LF_LANES) {
            const float *from = rows->data + (pixel + x) * channels + c;
            read_ahead(from);
            st(dst + x * stride + c, relu(ld(from) * ld(rows->scale + c) + ld(rows->shift + c)));
        }
}

static void load_gradient(const lf_rows *rows, size_t pixel, float *dst, size_t stride) {
    int channels = rows->channels;
    for (int x = 0; x < rows->width; x++)
        for (int c = 0; c < channels; c += LF_LANES) {
            size_t at = (pixel + x) * channels + c;
            read_ahead(rows->data + at);
            read_ahead(rows->y + at);
            st(dst + x * stride + c, ld(rows->scale + c) * ld(rows->data + at) +
                                         (ld(rows->k0 + c) + ld(rows->k1 + c) * ld(rows->y + at)));
        }
}

/// Every value of the small row goes to the coded one of two pixels, where its code names this row.
static void load_unpooled(const lf_rows *rows, int n, int r, float *dst, size_t stride) {
    int channels = rows->channels, half = rows->width / 2;
    size_t small = ((size_t)n * (rows->height / 2) + r / 2) * half;
    size_t large = ((size_t)n * rows->height + r) * rows->width;
    uint8_t place = (uint8_t)((r & 1) * 2);
    for (int x = 0; x < half; x++)
        for (int c = 0; c < channels; c += LF_LANES) {
            size_t at = (small + x) * channels + c;
            const uint8_t *codes = rows->codes + at;
            vf value = row_value(rows, rows->data, at, c);
            for (int side = 0; side < 2; side++) {
                vf made = keep(coded(codes, (uint8_t)(place + side)), value);
                if (rows->kind == LF_ROWS_GRADIENT) {
                    const float *from = rows->y + (large + 2 * x + side) * channels + c;
                    read_ahead(from);
                    vf y = ld(from);
                    made = ld(rows->scale + c) * made + (ld(rows->k0 + c) + ld(rows->k1 + c) * y);
                }
                st(dst + (2 * x + side) * stride + c, made);
            }
        }
}

static void load_row(const lf_rows *rows, int n, int r, float *dst, size_t stride) {
    for (; rows; rows = rows->beside) {
        size_t pixel = ((size_t)n * rows->height + r) * rows->width;
        if (rows->codes)
            load_unpooled(rows, n, r, dst, stride);
        else if (rows->kind == LF_ROWS_NORMALISED)
            load_normalised(rows, pixel, dst, stride);
        else if (rows->kind == LF_ROWS_GRADIENT)
            load_gradient(rows, pixel, dst, stride);
        else
            load_plain(rows, pixel, dst, stride);
        dst += rows->channels;
    }
}
