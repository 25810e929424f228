// Pooling, the loss and Adam.

LF_INLINE vf magnitude(vf x) { return (vf)((vi)x & 0x7fffffff); }

/// How much larger than an earlier pixel a later one must be, relative to the terms it is summed
/// from. Where an image is constant, as outside the lungs, all four pixels of a 2x2 are equal but
/// for the rounding of their places in a Winograd tile: that must not decide which of them is
/// unpooled.
#define LF_TIE 3e-6f

/// Row `r` of the small image. A tie goes to the first pixel, and NaN wins wherever it stands.
static void pool_row(const lf_pooling *op, int n, int r) {
    int channels = op->channels, half = op->width / 2;
    size_t image = ((size_t)n * op->height + 2 * r) * op->width * channels;
    const float *y = op->y + image;
    size_t start = ((size_t)n * (op->height / 2) + r) * half * channels;
    for (int x = 0; x < half; x++)
        for (int c = 0; c < channels; c += LF_LANES) {
            vf best = 0.0f, largest = 0.0f;
            vi code = 0;
            for (int place = 0; place < 4; place++) {
                size_t pixel = (size_t)(place >> 1) * op->width + 2 * x + (place & 1);
                vf value = ld(y + pixel * channels + c);
                if (op->drop_below)
                    value = dropped(value, op->factor, op->drop_below, *op->dropout_key,
                                    image + pixel * channels + c);
                vf activation = value, size = magnitude(value);
                if (op->scale) {
                    vf scaled = value * ld(op->scale + c), shift = ld(op->shift + c);
                    activation = relu(value * ld(op->scale + c) + shift);
                    size = magnitude(scaled) + magnitude(shift);
                }
                vi wins = place == 0
                              ? (vi)-1
                              : (activation > largest + LF_TIE * size) | (activation != activation);
                best = wins ? value : best;
                largest = wins ? activation : largest;
                code = wins ? (vi)place : code;
            }
            size_t at = start + (size_t)x * channels + c;
            st(op->out + at, best);
            vb bytes = __builtin_convertvector(code, vb);
            __builtin_memcpy(op->codes + at, &bytes, sizeof bytes);
        }
}

/// e^x to about 1 ulp for x <= 0: 2^n times a polynomial on [-ln2/2, ln2/2] (Cephes' coefficients).
LF_INLINE vf exponential(vf x) {
    x = x < -87.0f ? (vf)-87.0f : x;
    vf n = __builtin_elementwise_floor(x * 1.44269504088896341f + 0.5f);
    vf r = x - n * 0.693359375f + n * 2.12194440e-4f;
    vf p = ((((1.9875691500e-4f * r + 1.3981999507e-3f) * r + 8.3334519073e-3f) * r +
             4.1665795894e-2f) *
                r +
            1.6666665459e-1f) *
               r +
           5.0000001201e-1f;
    vi power = (__builtin_convertvector(n, vi) + 127) << 23;
    return (p * r * r + r + 1.0f) * (vf)power;
}

/// Natural logarithm to about 1 ulp for normal x > 0, NaN of NaN (Cephes' coefficients).
LF_INLINE vf logarithm(vf x) {
    vi bits = (vi)x;
    vf e = __builtin_convertvector((bits >> 23) - 126, vf);
    vf m = (vf)((bits & 0x007fffff) | 0x3f000000);
    vi low = m < 0.707106781186547524f;
    e = low ? e - 1.0f : e;
    m = low ? m + m - 1.0f : m - 1.0f;
    vf z = m * m;
    vf y = ((((((((7.0376836292e-2f * m - 1.1514610310e-1f) * m + 1.1676998740e-1f) * m -
                 1.2420140846e-1f) *
                    m +
                1.4249322787e-1f) *
                   m -
               1.6668057665e-1f) *
                  m +
              2.0000714765e-1f) *
                 m -
             2.4999993993e-1f) *
                m +
            3.3333331174e-1f) *
           m * z;
    y += e * -2.12194440e-4f;
    vf made = m + (y - 0.5f * z) + e * 0.693359375f;
    return x != x ? x : made; // the bits of a NaN have an exponent, too
}

/// LF_LANES pixels at a time, a lane a pixel: their logits are first turned from [pixel][class] to
/// [class][pixel].
static void loss_rows(const lf_loss *op, int n, int first, int count, float inverse_weight,
                      double *sums) {
    size_t start = ((size_t)n * op->height + first) * op->width,
           end = start + (size_t)count * op->width;
    double loss = 0, correct = 0;
    for (size_t from = start; from < end; from += LF_LANES) {
        int pixels = (int)lf_min(LF_LANES, end - from);
        float logit[LF_MAX_CLASSES][LF_LANES] __attribute__((aligned(LF_ALIGN)));
        vf weight = 0.0f;
        vi label = 0;
        for (int i = 0; i < pixels; i++) {
            label[i] = op->labels[from + i];
            weight[i] = op->class_weights[label[i]];
        }
        for (int k = 0; k < op->classes; k++)
            for (int i = 0; i < LF_LANES; i++)
                logit[k][i] = i < pixels ? op->y[(from + i) * op->channels + k] : 0.0f;
        vf largest = 0.0f, of_label = 0.0f;
        vi guess = 0;
        for (int k = 0; k < op->classes; k++) {
            vf z = ld(logit[k]);
            if (op->scale)
                z = relu(z * op->scale[k] + op->shift[k]);
            st(logit[k], z);
            vi wins = k == 0 ? (vi)-1 : z > largest;
            largest = wins ? z : largest;
            guess = wins ? (vi)k : guess;
            of_label = label == k ? z : of_label;
        }
        vf total = 0.0f;
        for (int k = 0; k < op->classes; k++) {
            vf power = exponential(ld(logit[k]) - largest);
            st(logit[k], power);
            total += power;
        }
        vf entropy = weight * (logarithm(total) - (of_label - largest));
        for (int i = 0; i < pixels; i++) {
            loss += entropy[i];
            correct += guess[i] == label[i];
        }
        if (op->predictions)
            for (int i = 0; i < pixels; i++)
                op->predictions[from + i] = (uint8_t)guess[i];
        if (op->gradient) {
            vf scale = weight * inverse_weight;
            for (int k = 0; k < op->classes; k++)
                st(logit[k], scale * (ld(logit[k]) / total - (label == k ? (vf)1.0f : (vf)0.0f)));
            for (int i = 0; i < pixels; i++) {
                float *to = op->gradient + (from + i) * op->channels;
                for (int c = 0; c < op->channels; c += LF_LANES)
                    st(to + c, 0.0f);
                for (int k = 0; k < op->classes; k++)
                    to[k] = logit[k][i];
            }
        }
    }
    sums[0] = loss;
    sums[1] = correct;
}

static void adam(float *p, const float *g, float *m, float *v, size_t count, float rate, float root,
                 float l2) {
    for (size_t i = 0; i < count; i += LF_LANES) {
        vf value = ld(p + i), gradient = ld(g + i) + l2 * value;
        vf first = 0.9f * ld(m + i) + 0.1f * gradient;
        vf second = 0.999f * ld(v + i) + 0.001f * gradient * gradient;
        st(m + i, first);
        st(v + i, second);
        st(p + i, value - rate * first / (__builtin_elementwise_sqrt(second) / root + 1e-8f));
    }
}
