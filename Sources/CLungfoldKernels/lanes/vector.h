// Vectors of LF_LANES floats through clang's vector extension: one source for every instruction set.
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
