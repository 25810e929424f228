// The hot loops of the engine, in C because Swift has no function multiversioning and no vectors
// that stay in registers across 24 accumulators.
//
// Conventions
//   layout     every tensor is N H W C, float32; C is padded to a multiple of LF_CHANNEL_PAD and
//   the
//              padding lanes hold 0, so no kernel has a channel tail
//   weights    3x3 and 1x1 convolutions [kernel row][kernel column][in][out], both channel counts
//              padded; transposed 2x2 convolutions [row][in][column][out]
//   threads    an operation is cut into items whose number depends on shapes alone; an item writes
//              places of its own, and partial sums are added in item order: the bits of a result do
//              not depend on the number of threads
//   memory     callers own every buffer; nothing here allocates, save lf_pool_create
#pragma once
#include <stddef.h>
#include <stdint.h>

#define LF_CHANNEL_PAD 16
#define LF_MAX_CLASSES 64

#ifdef __cplusplus
extern "C" {
#endif

// ---------------------------------------------------------------- instruction sets and threads

/// The loops of one instruction set; see lanes/.
typedef struct lf_kernels lf_kernels;

/// The best instruction set of this CPU.
const lf_kernels *lf_kernels_best(void);
/// "avx512", "avx2" or "portable"; NULL where this CPU or build lacks it.
const lf_kernels *lf_kernels_named(const char *name);
const char *lf_kernels_name(const lf_kernels *kernels);
/// Floating-point operations a second of the product in the first-level cache, on this thread.
double lf_measure_peak(const lf_kernels *kernels);

/// A team of threads that runs the items of an operation; the caller is one of them.
typedef struct lf_pool lf_pool;

/// A team of `threads` (>= 1), each with `scratch_bytes` of its own. NULL when memory or threads
/// are refused.
lf_pool *lf_pool_create(int threads, size_t scratch_bytes);
void lf_pool_destroy(lf_pool *pool);

/// Reserves and releases zeroed memory aligned to 2 MiB, with huge pages where the system gives
/// them.
void *lf_reserve(size_t bytes);
void lf_release(void *memory, size_t bytes);

// ---------------------------------------------------------------- rows in, rows out

/// What the values of an lf_rows mean.
enum {
    LF_ROWS_PLAIN = 0,      ///< data
    LF_ROWS_NORMALISED = 1, ///< max(data * scale + shift, 0): BatchNorm and ReLU on the way in
    LF_ROWS_GRADIENT =
        2 ///< scale * data + k0 + k1 * y: BatchNorm's gradient, from that of its output
};

/// Where a convolution gets the rows of an image that may never have been stored as such.
typedef struct lf_rows {
    int32_t kind;
    int32_t height, width; ///< of the rows delivered, so twice those of `data` when there are codes
    int32_t channels;      ///< padded, or 1: a plain image; of this source alone, without `beside`
    const float *data;
    const uint8_t
        *codes; ///< not NULL: `data` is unpooled, each value to the coded place of its 2x2
    const float *scale, *shift;
    const float *k0, *k1, *y;
    const struct lf_rows *beside; ///< concatenation: its channels follow these
} lf_rows;

/// What becomes of the rows an operation has made.
enum {
    LF_SINK_STORE = 0,      ///< out = rows
    LF_SINK_STATISTICS = 1, ///< out = rows; sums = (sum, sum of squares)
    LF_SINK_ACTIVATE = 2,   ///< out = dropout(relu(rows + bias))
    LF_SINK_GRADIENT =
        3, ///< out = rows * [activation > 0] * factor; sums = (sum out, sum out*(y-mean))
    LF_SINK_GATHER =
        4, ///< as LF_SINK_GRADIENT, of the coded pixel of each 2x2 (adjoint of unpooling)
    LF_SINK_SCATTER =
        5 ///< as LF_SINK_GRADIENT, added to `out` at the coded place (adjoint of pooling)
};

/// Where the rows of an operation go.
typedef struct lf_sink {
    int32_t kind;
    int32_t height, width; ///< of the rows that arrive
    int32_t channels;      ///< padded; of this sink alone, without `beside`
    int32_t relu;          ///< LF_SINK_ACTIVATE: 0 leaves negative values as they are
    int32_t streams;       ///< 1: `out` is larger than the caches and goes past them
    float *out;
    const float *bias;
    const float *y; ///< gradients: y with scale, or the stored activation without; NULL: no mask
    const float *scale; ///< activation = y * scale + shift; NULL: activation = y
    const float *shift;
    const float *mean;            ///< of y, for the second sum
    const uint8_t *codes;         ///< LF_SINK_GATHER, LF_SINK_SCATTER
    float factor;                 ///< 1 / (1 - p) behind a dropout, else 1
    uint32_t drop_below;          ///< dropout: values whose random 32 bits are below this become 0
    const uint64_t *dropout_key;  ///< read when the step runs
    double *sums;                 ///< [strips][2][channels], or NULL
    const struct lf_sink *beside; ///< the channels that follow go there
} lf_sink;

// ---------------------------------------------------------------- convolution

enum {
    LF_CONV_WINOGRAD = 0, ///< F(4x4, 3x3)
    LF_CONV_DIRECT = 1,   ///< a GEMM for each of the taps, through OpenBLAS: the reference
    LF_CONV_THIN_IN = 2,  ///< few input channels
    LF_CONV_THIN_OUT = 3  ///< few output channels; forward only
};

/// A stride-1 convolution with zero padding, forward or backward to its input.
typedef struct lf_conv {
    int32_t algorithm;
    int32_t kernel; ///< 1 or 3
    int32_t batch;
    int32_t height, width;
    int32_t in, out;  ///< padded channels
    int32_t thin;     ///< LF_CONV_THIN_*: the used channels of the thin side
    int32_t adjoint;  ///< 1: weights are those of the forward pass, [taps][out][in] seen from here
    int32_t prepared; ///< 1: `transformed` is already filled
    const lf_rows *input;
    const lf_sink *sink;
    const float *weights;
    float *transformed; ///< lf_conv_transformed_floats
    float *shared;      ///< lf_conv_shared_floats
} lf_conv;

/// Strips of a batch: what partial sums are counted by.
int lf_strip_count(int batch, int height, int width);

size_t lf_conv_transformed_floats(const lf_conv *op);
size_t lf_conv_shared_floats(const lf_conv *op);
size_t lf_conv_scratch_bytes(const lf_conv *op);
/// Fills `transformed` from `weights`.
void lf_conv_prepare(lf_pool *pool, const lf_kernels *kernels, const lf_conv *op);
void lf_conv_run(lf_pool *pool, const lf_kernels *kernels, const lf_conv *op);

/// The gradient of a convolution's weights.
typedef struct lf_conv_gradient {
    int32_t algorithm;
    int32_t kernel;
    int32_t batch;
    int32_t height, width;
    int32_t in, out;
    int32_t thin;
    const lf_rows *input;    ///< what the convolution read
    const lf_rows *gradient; ///< of what it made
    float *dweights;         ///< [taps][in][out]
    float *shared;
} lf_conv_gradient;

size_t lf_conv_gradient_shared_floats(const lf_conv_gradient *op);
size_t lf_conv_gradient_scratch_bytes(const lf_conv_gradient *op);
void lf_conv_gradient_run(lf_pool *pool, const lf_kernels *kernels, const lf_conv_gradient *op);

// ---------------------------------------------------------------- transposed convolution 2x2,
// stride 2

typedef struct lf_upconv {
    int32_t batch;
    int32_t height, width; ///< of the small side
    int32_t in, out;
    const lf_rows *input;    ///< forward and weights: the small image
    const lf_rows *gradient; ///< backward: of the large image
    const lf_sink *sink;     ///< forward: large; backward: small
    const float *weights;    ///< [2 rows][in][2 columns][out]
    float *dweights;
    float *shared; ///< lf_upconv_shared_floats
} lf_upconv;

size_t lf_upconv_shared_floats(const lf_upconv *op);
size_t lf_upconv_scratch_bytes(const lf_upconv *op);
void lf_upconv_forward(lf_pool *pool, const lf_kernels *kernels, const lf_upconv *op);
void lf_upconv_backward(lf_pool *pool, const lf_kernels *kernels, const lf_upconv *op);
void lf_upconv_gradient(lf_pool *pool, const lf_kernels *kernels, const lf_upconv *op);

// ---------------------------------------------------------------- pooling, BatchNorm, loss, Adam

/// 2x2 max-pooling of max(y*scale+shift, 0), or of y where scale is NULL: keeps the *unnormalised*
/// y of the largest pixel and its place (0 to 3, row-major; the first where several are largest).
typedef struct lf_pooling {
    int32_t batch, height, width, channels; ///< of the large side
    const float *y, *scale, *shift;
    float factor; ///< dropout on the way in, as in lf_sink; without BatchNorm only
    uint32_t drop_below;
    const uint64_t *dropout_key;
    float *out;
    uint8_t *codes;
} lf_pooling;

void lf_pooling_run(lf_pool *pool, const lf_kernels *kernels, const lf_pooling *op);

/// Hands stored rows to a sink: for gradients that no convolution makes.
void lf_sink_run(lf_pool *pool, const lf_kernels *kernels, int batch, const float *rows,
                 const lf_sink *sink);

/// Partial sums that sinks have left: values[strips][2][channels], and perhaps those of another
/// sink.
typedef struct lf_sums {
    const double *values;
    int32_t strips;
    const struct lf_sums *more;
} lf_sums;

/// Batch normalisation: from sums to the vectors that rows are made with.
typedef struct lf_batchnorm {
    int32_t channels;
    double count; ///< batch * rows * columns
    double epsilon, momentum;
    const lf_sums *sums; ///< forward: (sum, sum of squares); backward: those of a gradient sink
    const float *gamma, *beta;
    float *mean, *inverse; ///< inverse = 1 / sqrt(variance + epsilon)
    float *scale, *shift;  ///< the activation is max(y * scale + shift, 0)
    float *k0, *k1;        ///< the gradient of y is scale * g + k0 + k1 * y
    float *dgamma, *dbeta;
    float *running_mean, *running_variance; ///< variance with divisor n, not n - 1
    double *population; ///< [2][channels] or NULL: where sums are gathered instead of moving the
                        ///< running ones
} lf_batchnorm;

void lf_batchnorm_forward(const lf_batchnorm *op);
void lf_batchnorm_inference(const lf_batchnorm *op);
void lf_batchnorm_backward(const lf_batchnorm *op);
/// The gradient of a bias is the sum of its channel's gradient.
void lf_bias_gradient(const lf_sums *sums, int channels, float *dbias);

/// Softmax and class-weighted cross-entropy, sum(w_y CE) / sum(w_y).
typedef struct lf_loss {
    int32_t batch, height, width;
    int32_t classes, channels; ///< used and padded
    const float *y;            ///< logits, or with scale the last convolution's output
    const float *scale, *shift;
    const uint8_t *labels;
    const float *class_weights;
    float *gradient;      ///< of the logits, padding lanes 0; NULL: loss only
    uint8_t *predictions; ///< class of the largest logit, the first where several are; or NULL
    double *sums;         ///< [strips][2]: sum(w_y CE), number of pixels predicted right
} lf_loss;

/// Returns sum(w_y) through weight_sum, and the sums through loss_sum and correct.
void lf_loss_run(lf_pool *pool, const lf_kernels *kernels, const lf_loss *op, double *loss_sum,
                 double *weight_sum, int64_t *correct);

/// One Adam update (Kingma and Ba, arXiv 1412.6980, algorithm 1) with coupled L2:
/// g += l2 p; m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; p -= rate * m / (sqrt(v) / root +
/// epsilon), rate = learning rate / (1-b1^t), root = sqrt(1-b2^t).
void lf_adam(lf_pool *pool, const lf_kernels *kernels, float *p, const float *g, float *m, float *v,
             size_t count, float rate, float root, float l2);

#ifdef __cplusplus
}
#endif
