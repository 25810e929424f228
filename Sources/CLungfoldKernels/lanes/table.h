// Compiled once for each instruction set: LF_LANES and LF_TABLE are set by the file that includes
// it.
#include "vector.h"

#include "dropout.h"
#include "gemm.h"
#include "pointwise.h"
#include "rows.h"
#include "sinks.h"
#include "thin.h"
#include "winograd.h"

const lf_kernels LF_TABLE = {
    .name = LF_TABLE_NAME,
    .load_row = load_row,
    .sink_rows = sink_rows,
    .gemm = gemm,
    .winograd_input = winograd_input,
    .winograd_output = winograd_output,
    .winograd_gradient = winograd_gradient,
    .winograd_weights = winograd_weights,
    .winograd_dweights = winograd_dweights,
    .thin_in = thin_in,
    .thin_sum = thin_sum,
    .thin_dweights = thin_dweights,
    .pool_row = pool_row,
    .loss_rows = loss_rows,
    .adam = adam,
};
