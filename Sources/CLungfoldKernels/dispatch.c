// Which loops this CPU can run.
#include "kernels.h"
#include <string.h>
#include <time.h>

extern const lf_kernels lf_kernels_portable;
#if defined(__x86_64__)
extern const lf_kernels lf_kernels_avx2, lf_kernels_avx512;

static int has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static int has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}
#endif

const lf_kernels *lf_kernels_best(void) {
#if defined(__x86_64__)
    if (has_avx512())
        return &lf_kernels_avx512;
    if (has_avx2())
        return &lf_kernels_avx2;
#endif
    return &lf_kernels_portable;
}

const lf_kernels *lf_kernels_named(const char *name) {
#if defined(__x86_64__)
    if (strcmp(name, "avx512") == 0)
        return has_avx512() ? &lf_kernels_avx512 : NULL;
    if (strcmp(name, "avx2") == 0)
        return has_avx2() ? &lf_kernels_avx2 : NULL;
#endif
    return strcmp(name, "portable") == 0 ? &lf_kernels_portable : NULL;
}

const char *lf_kernels_name(const lf_kernels *kernels) { return kernels->name; }

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}

double lf_measure_peak(const lf_kernels *kernels) {
    enum { M = 6, N = 64, K = 128, TIMES = 2000, ROUNDS = 20 };
    static const float a[M * K], b[K * N];
    float c[M * N];
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds_now();
        for (int i = 0; i < TIMES; i++)
            kernels->gemm(M, N, K, a, K, 1, b, N, c, N, 0);
        double rate = 2.0 * M * N * K * TIMES / (seconds_now() - start);
        best = rate > best ? rate : best;
    }
    return best;
}
