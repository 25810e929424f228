// A register-blocked product: 6 rows x 4 vectors with 32 registers, 6 x 2 with 16. Each step of k
// loads the vectors of B once and broadcasts one value of A a row; the accumulators never leave the
// registers. k is walked in blocks so that B's block stays in the first-level cache for all rows.
#define LF_GEMM_ROWS 6
#define LF_GEMM_VECTORS (LF_LANES == 16 ? 4 : 2)
#define LF_GEMM_DEPTH 128

LF_INLINE void gemm_tile(const int rows, const int vectors, int k, const float *a, size_t am,
                         size_t ak, const float *b, size_t ldb, float *c, size_t ldc,
                         int accumulate) {
    vf sum[LF_GEMM_ROWS][4];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < vectors; j++)
            sum[i][j] = accumulate ? ld(c + i * ldc + j * LF_LANES) : (vf)0.0f;
    for (int p = 0; p < k; p++) {
        vf right[4];
#pragma clang loop unroll(full)
        for (int j = 0; j < vectors; j++)
            right[j] = ld(b + p * ldb + j * LF_LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            vf left = a[i * am + p * ak];
#pragma clang loop unroll(full)
            for (int j = 0; j < vectors; j++)
                sum[i][j] += left * right[j];
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < vectors; j++)
            st(c + i * ldc + j * LF_LANES, sum[i][j]);
}

/// `vectors` columns wide: full tiles of six rows, then the rest.
LF_INLINE void gemm_columns(const int vectors, int m, int k, const float *a, size_t am, size_t ak,
                            const float *b, size_t ldb, float *c, size_t ldc, int accumulate) {
    int i = 0;
    for (; i + LF_GEMM_ROWS <= m; i += LF_GEMM_ROWS)
        gemm_tile(LF_GEMM_ROWS, vectors, k, a + i * am, am, ak, b, ldb, c + i * ldc, ldc,
                  accumulate);
    a += i * am;
    c += i * ldc;
    switch (m - i) {
    case 5: gemm_tile(5, vectors, k, a, am, ak, b, ldb, c, ldc, accumulate); break;
    case 4: gemm_tile(4, vectors, k, a, am, ak, b, ldb, c, ldc, accumulate); break;
    case 3: gemm_tile(3, vectors, k, a, am, ak, b, ldb, c, ldc, accumulate); break;
    case 2: gemm_tile(2, vectors, k, a, am, ak, b, ldb, c, ldc, accumulate); break;
    case 1: gemm_tile(1, vectors, k, a, am, ak, b, ldb, c, ldc, accumulate); break;
    default: break;
    }
}

static void gemm(int m, int n, int k, const float *a, size_t am, size_t ak, const float *b,
                 size_t ldb, float *c, size_t ldc, int accumulate) {
    for (int from = 0; from < k; from += LF_GEMM_DEPTH) {
        int depth = k - from < LF_GEMM_DEPTH ? k - from : LF_GEMM_DEPTH;
        const float *ap = a + from * ak, *bp = b + from * ldb;
        int add = accumulate || from > 0;
        int j = 0;
        for (; j + LF_GEMM_VECTORS * LF_LANES <= n; j += LF_GEMM_VECTORS * LF_LANES)
            gemm_columns(LF_GEMM_VECTORS, m, depth, ap, am, ak, bp + j, ldb, c + j, ldc, add);
        switch ((n - j) / LF_LANES) {
        case 3: gemm_columns(3, m, depth, ap, am, ak, bp + j, ldb, c + j, ldc, add); break;
        case 2: gemm_columns(2, m, depth, ap, am, ak, bp + j, ldb, c + j, ldc, add); break;
        case 1: gemm_columns(1, m, depth, ap, am, ak, bp + j, ldb, c + j, ldc, add); break;
        default: break;
        }
    }
}
