// Dropout from a counter: whether a value is dropped is a function of the step's key and of its
// place.

/// 32 random bits a channel, a function of the key and the value's place: a counter through two
/// rounds of a 32-bit finaliser (the constants are those of lowbias32, Wellons 2018).
LF_INLINE vu random_bits(uint64_t key, uint64_t place) {
    vu lane;
    for (int i = 0; i < LF_LANES; i++)
        lane[i] = (uint32_t)i;
    vu x = lane + (uint32_t)place;
    for (int round = 0; round < 2; round++) {
        x ^= (uint32_t)(round ? key >> 32 : key) + (uint32_t)(place >> 32) * 0x9e3779b9u;
        x ^= x >> 16;
        x *= 0x7feb352du;
        x ^= x >> 15;
        x *= 0x846ca68bu;
        x ^= x >> 16;
    }
    return x;
}

LF_INLINE vf dropped(vf value, float factor, uint32_t drop_below, uint64_t key, uint64_t place) {
    vi kept = random_bits(key, place) >= (vu)drop_below;
    return keep(kept, value * factor);
}
