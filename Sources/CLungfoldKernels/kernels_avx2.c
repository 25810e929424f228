// The loops for avx2, chosen at run time where the CPU has it.
#if defined(__x86_64__)
#include "kernels.h"

#define LF_LANES 8
#define LF_TABLE lf_kernels_avx2
#define LF_TABLE_NAME "avx2"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "lanes/table.h"
#pragma clang attribute pop
#endif
