// Batch normalisation's few numbers a channel (Ioffe and Szegedy, arXiv 1502.03167), in double
// precision: from the strips' sums to what the row loaders apply, and back.
#include "kernels.h"
#include <math.h>

static double total(const lf_sums *sums, int channels, int which, int c) {
    double sum = 0;
    for (; sums; sums = sums->more)
        for (int s = 0; s < sums->strips; s++)
            sum += sums->values[((size_t)s * 2 + which) * channels + c];
    return sum;
}

void lf_batchnorm_forward(const lf_batchnorm *op) {
    for (int c = 0; c < op->channels; c++) {
        double sum = total(op->sums, op->channels, 0, c),
               squares = total(op->sums, op->channels, 1, c);
        double mean = sum / op->count, variance = fmax(squares / op->count - mean * mean, 0);
        // fmax takes the number of a number and a NaN, and an infinite variance silences its
        // channel; a network that has diverged must say so.
        if (!isfinite(squares) || !isfinite(sum))
            variance = NAN;
        double inverse = 1 / sqrt(variance + op->epsilon);
        op->mean[c] = (float)mean;
        op->inverse[c] = (float)inverse;
        op->scale[c] = (float)(op->gamma[c] * inverse);
        op->shift[c] = (float)(op->beta[c] - mean * op->gamma[c] * inverse);
        if (op->population) {
            op->population[c] += sum;
            op->population[op->channels + c] += squares;
        } else {
            op->running_mean[c] += (float)(op->momentum * (mean - op->running_mean[c]));
            op->running_variance[c] += (float)(op->momentum * (variance - op->running_variance[c]));
        }
    }
}

void lf_batchnorm_inference(const lf_batchnorm *op) {
    for (int c = 0; c < op->channels; c++) {
        double inverse = 1 / sqrt((double)op->running_variance[c] + op->epsilon);
        op->scale[c] = (float)(op->gamma[c] * inverse);
        op->shift[c] = (float)(op->beta[c] - op->running_mean[c] * op->gamma[c] * inverse);
    }
}

void lf_batchnorm_backward(const lf_batchnorm *op) {
    for (int c = 0; c < op->channels; c++) {
        double sum = total(op->sums, op->channels, 0, c),
               about = total(op->sums, op->channels, 1, c);
        double dgamma = op->inverse[c] * about;
        op->dbeta[c] = (float)sum;
        op->dgamma[c] = (float)dgamma;
        double k1 = -(double)op->scale[c] * op->inverse[c] * dgamma / op->count;
        op->k1[c] = (float)k1;
        op->k0[c] = (float)(-(double)op->scale[c] * sum / op->count - k1 * op->mean[c]);
    }
}

void lf_bias_gradient(const lf_sums *sums, int channels, float *dbias) {
    for (int c = 0; c < channels; c++)
        dbias[c] = (float)total(sums, channels, 0, c);
}
