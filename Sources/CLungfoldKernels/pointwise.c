// Operations without neighbours, cut into rows or strips.
#include "strips.h"

typedef struct {
    const lf_kernels *kernels;
    const lf_pooling *op;
} pooling_job;

static void pooling_item(void *context, int item, void *scratch) {
    (void)scratch;
    const pooling_job *j = context;
    int rows = j->op->height / 2;
    j->kernels->pool_row(j->op, item / rows, item % rows);
}

void lf_pooling_run(lf_pool *pool, const lf_kernels *kernels, const lf_pooling *op) {
    pooling_job j = {kernels, op};
    lf_parallel(pool, op->batch * (op->height / 2), pooling_item, &j);
}

typedef struct {
    const lf_kernels *kernels;
    const lf_sink *sink;
    const float *rows;
    lf_strips strips;
} sink_job;

static void sink_item(void *context, int strip, void *scratch) {
    (void)scratch;
    const sink_job *j = context;
    int n = strip / j->strips.per_image, s = strip % j->strips.per_image,
        first = s * j->strips.rows;
    size_t stride = j->sink->channels, row = (size_t)j->sink->width * stride;
    j->kernels->sink_rows(j->sink, n, first, lf_rows_in_strip(&j->strips, s, j->sink->height),
                          j->rows + ((size_t)n * j->sink->height + first) * row, row, stride,
                          strip);
}

void lf_sink_run(lf_pool *pool, const lf_kernels *kernels, int batch, const float *rows,
                 const lf_sink *sink) {
    sink_job j = {kernels, sink, rows, lf_strips_of(sink->height, sink->width)};
    lf_parallel(pool, batch * j.strips.per_image, sink_item, &j);
}

typedef struct {
    const lf_kernels *kernels;
    const lf_loss *op;
    lf_strips strips;
    float inverse_weight;
} loss_job;

static void loss_item(void *context, int strip, void *scratch) {
    (void)scratch;
    const loss_job *j = context;
    int n = strip / j->strips.per_image, s = strip % j->strips.per_image;
    j->kernels->loss_rows(j->op, n, s * j->strips.rows,
                          lf_rows_in_strip(&j->strips, s, j->op->height), j->inverse_weight,
                          j->op->sums + 2 * strip);
}

void lf_loss_run(lf_pool *pool, const lf_kernels *kernels, const lf_loss *op, double *loss_sum,
                 double *weight_sum, int64_t *correct) {
    int64_t pixels[256] = {0};
    for (size_t i = 0; i < (size_t)op->batch * op->height * op->width; i++)
        pixels[op->labels[i]]++;
    *weight_sum = 0;
    for (int k = 0; k < op->classes; k++)
        *weight_sum += (double)op->class_weights[k] * pixels[k];
    loss_job j = {kernels, op, lf_strips_of(op->height, op->width), (float)(1 / *weight_sum)};
    int strips = op->batch * j.strips.per_image;
    lf_parallel(pool, strips, loss_item, &j);
    *loss_sum = 0;
    *correct = 0;
    for (int s = 0; s < strips; s++) {
        *loss_sum += op->sums[2 * s];
        *correct += (int64_t)op->sums[2 * s + 1];
    }
}

/// Parameters an item of Adam updates.
#define LF_ADAM_ITEM ((size_t)1 << 16)

typedef struct {
    const lf_kernels *kernels;
    float *p, *m, *v;
    const float *g;
    size_t count;
    float rate, root, l2;
} adam_job;

static void adam_item(void *context, int item, void *scratch) {
    (void)scratch;
    const adam_job *j = context;
    size_t from = item * LF_ADAM_ITEM, count = lf_min(LF_ADAM_ITEM, j->count - from);
    j->kernels->adam(j->p + from, j->g + from, j->m + from, j->v + from, count, j->rate, j->root,
                     j->l2);
}

void lf_adam(lf_pool *pool, const lf_kernels *kernels, float *p, const float *g, float *m, float *v,
             size_t count, float rate, float root, float l2) {
    adam_job j = {kernels, p, m, v, g, count, rate, root, l2};
    lf_parallel(pool, (int)((count + LF_ADAM_ITEM - 1) / LF_ADAM_ITEM), adam_item, &j);
}
