// The loops for avx512, chosen at run time where the CPU has it.
#if defined(__x86_64__)
#include "kernels.h"

#define LF_LANES 16
#define LF_TABLE lf_kernels_avx512
#define LF_TABLE_NAME "avx512"
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
#include "lanes/table.h"
#pragma clang attribute pop
#endif
