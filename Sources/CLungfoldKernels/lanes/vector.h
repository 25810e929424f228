// Vectors of LF_LANES floats through clang's vector extension: one source for every instruction
// set.
typedef float vf __attribute__((ext_vector_type(LF_LANES)));
typedef int32_t vi __attribute__((ext_vector_type(LF_LANES)));
typedef uint32_t vu __attribute__((ext_vector_type(LF_LANES)));
typedef uint8_t vb __attribute__((ext_vector_type(LF_LANES)));

#define LF_INLINE static inline __attribute__((always_inline))

LF_INLINE vf ld(const float *p) {
    vf v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}
LF_INLINE void st(float *p, vf v) { __builtin_memcpy(p, &v, sizeof v); }
LF_INLINE vb ldb(const uint8_t *p) {
    vb v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}
/// max(x, 0) that lets NaN through.
LF_INLINE vf relu(vf x) { return 0.0f > x ? (vf)0.0f : x; }
LF_INLINE vf keep(vi mask, vf x) { return (vf)((vi)x & mask); }
/// All bits set where the code of a channel is `place`.
LF_INLINE vi coded(const uint8_t *codes, uint8_t place) {
    return __builtin_convertvector(ldb(codes), vi) == (vi)(int32_t)place;
}

/// Floats ahead of the one being read: hardware prefetching starts anew at every 4 KiB page.
#define LF_AHEAD 2048
LF_INLINE void read_ahead(const float *p) { __builtin_prefetch(p + LF_AHEAD, 0, 2); }

/// Stores past the caches, where a tensor is larger than they are: the line need not be read first.
/// The pool's atomic counter orders these stores before whatever reads them.
LF_INLINE void store_streaming(float *p, vf v) { __builtin_nontemporal_store(v, (vf *)p); }
