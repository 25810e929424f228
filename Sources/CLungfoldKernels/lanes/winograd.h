// The transforms of Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, arXiv 1509.09308) at
// the points 0, +-5/8, +-3/2 and infinity, which lose half as many digits as the usual 0, +-1, +-2.
// Every coefficient of BT, AT and A is a dyadic rational, exact in float32.

LF_INLINE void transform_bt(const vf d[6], vf v[6]) {
    v[0] = 225.0f / 256 * d[0] - 169.0f / 64 * d[2] + d[4];
    v[5] = 225.0f / 256 * d[1] - 169.0f / 64 * d[3] + d[5];
    vf t = d[4] - 9.0f / 4 * d[2], s = d[3] - 9.0f / 4 * d[1];
    v[1] = t + 5.0f / 8 * s;
    v[2] = t - 5.0f / 8 * s;
    vf u = d[4] - 25.0f / 64 * d[2], w = d[3] - 25.0f / 64 * d[1];
    v[3] = u + 3.0f / 2 * w;
    v[4] = u - 3.0f / 2 * w;
}

LF_INLINE void transform_at(const vf m[6], vf o[4]) {
    vf p = m[1] + m[2], q = m[1] - m[2], r = m[3] + m[4], s = m[3] - m[4];
    o[0] = m[0] + p + r;
    o[1] = 5.0f / 8 * q + 3.0f / 2 * s;
    o[2] = 25.0f / 64 * p + 9.0f / 4 * r;
    o[3] = 125.0f / 512 * q + 27.0f / 8 * s + m[5];
}

LF_INLINE void transform_a(const vf y[4], vf z[6]) {
    z[0] = y[0];
    vf e = y[0] + 25.0f / 64 * y[2], f = 5.0f / 8 * y[1] + 125.0f / 512 * y[3];
    z[1] = e + f;
    z[2] = e - f;
    vf g = y[0] + 9.0f / 4 * y[2], h = 3.0f / 2 * y[1] + 27.0f / 8 * y[3];
    z[3] = g + h;
    z[4] = g - h;
    z[5] = y[3];
}

LF_INLINE void transform_g(const vf g[3], vf u[6]) {
    u[0] = 256.0f / 225 * g[0];
    vf a = g[0] + 25.0f / 64 * g[2], b = 5.0f / 8 * g[1];
    u[1] = -2048.0f / 2975 * (a + b);
    u[2] = -2048.0f / 2975 * (a - b);
    vf c = g[0] + 9.0f / 4 * g[2], d = 3.0f / 2 * g[1];
    u[3] = 128.0f / 1071 * (c + d);
    u[4] = 128.0f / 1071 * (c - d);
    u[5] = g[2];
}

LF_INLINE void transform_gt(const vf p[6], vf w[3]) {
    w[0] = 256.0f / 225 * p[0] - 2048.0f / 2975 * (p[1] + p[2]) + 128.0f / 1071 * (p[3] + p[4]);
    w[1] = -256.0f / 595 * (p[1] - p[2]) + 64.0f / 357 * (p[3] - p[4]);
    w[2] = 32.0f / 119 * ((p[3] + p[4]) - (p[1] + p[2])) + p[5];
}

/// Reads the 6x6 inputs of a tile row by row of tiles, writes a cache line to each of 36 planes.
static void winograd_input(const float *slab, size_t row, int channels, int tiles, float *v,
                           lf_planes to) {
    for (int t = 0; t < tiles; t++)
        for (int c = 0; c < channels; c += LF_LANES) {
            const float *d = slab + (size_t)t * 4 * channels + c;
            float *out = v + t * to.tile + c / LF_PANEL * to.panel + c % LF_PANEL;
            vf half[6][6];
            for (int x = 0; x < 6; x++) {
                vf column[6], made[6];
                for (int y = 0; y < 6; y++)
                    column[y] = ld(d + y * row + (size_t)x * channels);
                transform_bt(column, made);
                for (int y = 0; y < 6; y++)
                    half[y][x] = made[y];
            }
            for (int y = 0; y < 6; y++) {
                vf made[6];
                transform_bt(half[y], made);
                for (int x = 0; x < 6; x++)
                    st(out + (size_t)(y * 6 + x) * to.plane, made[x]);
            }
        }
}

/// Reads a cache line from each of 36 planes, writes the 4x4 outputs of a tile.
static void winograd_output(const float *m, size_t plane, size_t tile, int channels, int tiles,
                            float *out, size_t row, size_t stride) {
    for (int t = 0; t < tiles; t++)
        for (int c = 0; c < channels; c += LF_LANES) {
            const float *in = m + (size_t)t * tile + c;
            float *y = out + (size_t)t * 4 * stride + c;
            vf half[4][6];
            for (int x = 0; x < 6; x++) {
                vf column[6], made[4];
                for (int i = 0; i < 6; i++)
                    column[i] = ld(in + (size_t)(i * 6 + x) * plane);
                transform_at(column, made);
                for (int i = 0; i < 4; i++)
                    half[i][x] = made[i];
            }
            for (int i = 0; i < 4; i++) {
                vf made[4];
                transform_at(half[i], made);
                for (int x = 0; x < 4; x++)
                    st(y + i * row + x * stride, made[x]);
            }
        }
}

static void winograd_gradient(const float *slab, size_t row, int channels, int tiles, float *z,
                              lf_planes to) {
    for (int t = 0; t < tiles; t++)
        for (int c = 0; c < channels; c += LF_LANES) {
            const float *d = slab + (size_t)t * 4 * channels + c;
            float *out = z + t * to.tile + c / LF_PANEL * to.panel + c % LF_PANEL;
            vf half[6][4];
            for (int x = 0; x < 4; x++) {
                vf column[4], made[6];
                for (int y = 0; y < 4; y++)
                    column[y] = ld(d + y * row + (size_t)x * channels);
                transform_a(column, made);
                for (int y = 0; y < 6; y++)
                    half[y][x] = made[y];
            }
            for (int y = 0; y < 6; y++) {
                vf made[6];
                transform_a(half[y], made);
                for (int x = 0; x < 6; x++)
                    st(out + (size_t)(y * 6 + x) * to.plane, made[x]);
            }
        }
}

static void winograd_weights(const float *g, size_t tap, int channels, float *u, size_t plane) {
    for (int c = 0; c < channels; c += LF_LANES) {
        vf half[6][3];
        for (int x = 0; x < 3; x++) {
            vf column[3], made[6];
            for (int y = 0; y < 3; y++)
                column[y] = ld(g + (size_t)(y * 3 + x) * tap + c);
            transform_g(column, made);
            for (int y = 0; y < 6; y++)
                half[y][x] = made[y];
        }
        for (int y = 0; y < 6; y++) {
            vf made[6];
            transform_g(half[y], made);
            for (int x = 0; x < 6; x++)
                st(u + (size_t)(y * 6 + x) * plane + c, made[x]);
        }
    }
}

static void winograd_dweights(const float *p, size_t plane, int channels, float *dg, size_t tap) {
    for (int c = 0; c < channels; c += LF_LANES) {
        vf half[3][6];
        for (int x = 0; x < 6; x++) {
            vf column[6], made[3];
            for (int y = 0; y < 6; y++)
                column[y] = ld(p + (size_t)(y * 6 + x) * plane + c);
            transform_gt(column, made);
            for (int y = 0; y < 3; y++)
                half[y][x] = made[y];
        }
        for (int y = 0; y < 3; y++) {
            vf made[3];
            transform_gt(half[y], made);
            for (int x = 0; x < 3; x++)
                st(dg + (size_t)(y * 3 + x) * tap + c, made[x]);
        }
    }
}
