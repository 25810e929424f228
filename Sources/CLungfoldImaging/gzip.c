// gzip in memory through zlib.
#include "CLungfoldImaging.h"

#include <string.h>
#include <zlib.h>

/// zlib's flag for a gzip wrapper, added to the largest window.
static const int gzipWindow = 15 + 16;

static uInt chunk(size_t length) { return length > (1u << 30) ? 1u << 30 : (uInt)length; }

static int isMember(const uint8_t *bytes, size_t length) {
    return length >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

static int areZeros(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (bytes[i])
            return 0;
    return 1;
}

static int failure(int code, const z_stream *stream) {
    if (code == Z_MEM_ERROR)
        return LUNGFOLD_INFLATION_NO_MEMORY;
    if (code == Z_BUF_ERROR)
        return LUNGFOLD_INFLATION_TRUNCATED;
    int isCheck = stream->msg && (strcmp(stream->msg, "incorrect data check") == 0 ||
                                  strcmp(stream->msg, "incorrect length check") == 0);
    return isCheck ? LUNGFOLD_INFLATION_WRONG_CHECKSUM : LUNGFOLD_INFLATION_CORRUPT;
}

/// Inflates one member; moves `consumed` and `produced` on. A byte beyond the capacity goes to a
/// scratch byte: so a stream that ends exactly at the capacity still has its checksum verified.
static int inflateMember(z_stream *stream, const uint8_t *input, size_t length, size_t *consumed,
                         uint8_t *output, size_t capacity, size_t *produced) {
    uint8_t scratch;
    for (;;) {
        size_t room = capacity - *produced;
        uInt given = chunk(length - *consumed);
        uInt space = room ? chunk(room) : 1;
        stream->next_in = (Bytef *)(input + *consumed);
        stream->avail_in = given;
        stream->next_out = room ? output + *produced : &scratch;
        stream->avail_out = space;
        int code = inflate(stream, Z_NO_FLUSH);
        *consumed += given - stream->avail_in;
        if (!room && stream->avail_out == 0)
            return LUNGFOLD_INFLATION_MORE;
        if (room)
            *produced += space - stream->avail_out;
        if (code == Z_STREAM_END)
            return LUNGFOLD_INFLATION_COMPLETE;
        if (code != Z_OK)
            return failure(code, stream);
    }
}

int lungfold_gunzip(const uint8_t *input, size_t length, uint8_t *output, size_t capacity,
                    size_t *produced) {
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    *produced = 0;
    if (inflateInit2(&stream, gzipWindow) != Z_OK)
        return LUNGFOLD_INFLATION_NO_MEMORY;
    size_t consumed = 0;
    int result;
    do {
        inflateReset(&stream);
        result = inflateMember(&stream, input, length, &consumed, output, capacity, produced);
    } while (result == LUNGFOLD_INFLATION_COMPLETE &&
             isMember(input + consumed, length - consumed));
    inflateEnd(&stream);
    if (result == LUNGFOLD_INFLATION_COMPLETE && !areZeros(input + consumed, length - consumed))
        return LUNGFOLD_INFLATION_TRAILING_BYTES;
    return result;
}

/// deflateBound's formula for any parameters, plus the gzip wrapper.
size_t lungfold_gzip_bound(size_t length) {
    return length + (length >> 8) + (length >> 9) + (length >> 11) + 64;
}

size_t lungfold_gzip(const uint8_t *input, size_t length, uint8_t *output, size_t capacity) {
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (deflateInit2(&stream, 6, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    size_t consumed = 0, produced = 0;
    int code;
    do {
        uInt given = chunk(length - consumed), space = chunk(capacity - produced);
        stream.next_in = (Bytef *)(input + consumed);
        stream.avail_in = given;
        stream.next_out = output + produced;
        stream.avail_out = space;
        code = deflate(&stream, consumed + given == length ? Z_FINISH : Z_NO_FLUSH);
        consumed += given - stream.avail_in;
        produced += space - stream.avail_out;
    } while (code == Z_OK && produced < capacity);
    deflateEnd(&stream);
    return code == Z_STREAM_END ? produced : 0;
}

uint32_t lungfold_crc32(const uint8_t *bytes, size_t length) {
    return (uint32_t)crc32_z(0, bytes, length);
}
