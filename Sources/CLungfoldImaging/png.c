// PNG in memory through libpng; its long jumps end in this file.
#include "CLungfoldImaging.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const uint8_t *bytes;
    size_t length, position;
} Source;

typedef struct {
    uint8_t *bytes;
    size_t capacity, position;
} Sink;

static void keepMessage(png_structp png, png_const_charp text) {
    char *message = png_get_error_ptr(png);
    if (message)
        strncpy(message, text, LUNGFOLD_PNG_MESSAGE_CAPACITY - 1);
    png_longjmp(png, 1);
}

static void ignoreWarning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void pull(png_structp png, png_bytep output, size_t length) {
    Source *source = png_get_io_ptr(png);
    if (length > source->length - source->position)
        png_error(png, "the file ends too early");
    memcpy(output, source->bytes + source->position, length);
    source->position += length;
}

static void push(png_structp png, png_bytep bytes, size_t length) {
    Sink *sink = png_get_io_ptr(png);
    if (length > sink->capacity - sink->position)
        png_error(png, "the buffer is too small");
    memcpy(sink->bytes + sink->position, bytes, length);
    sink->position += length;
}

static void flush(png_structp png) { (void)png; }

/// Asks for one or three channels of 8 or 16 bits without alpha; grey of fewer bits is unpacked but
/// not stretched, so that labels keep their values.
static void chooseTransformations(png_structp png, int colourType) {
    if (colourType == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(png);
    else
        png_set_packing(png);
    png_set_strip_alpha(png);
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        png_set_swap(png);
}

/// Texts, profiles and the like say nothing about pixels: skipped unread, they cannot unfold into
/// gigabytes.
static void limitChunks(png_structp png) {
    png_set_user_limits(png, LUNGFOLD_PNG_MAXIMUM_SIDE, LUNGFOLD_PNG_MAXIMUM_SIDE);
    png_set_chunk_malloc_max(png, 256u << 10);
    png_set_chunk_cache_max(png, 4);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
}

/// Returns the passes in which the rows come: 1, or 7 of an interlaced picture.
static int readHeader(png_structp png, png_infop info, LungfoldPicture *picture) {
    limitChunks(png);
    png_read_info(png, info);
    int colourType = png_get_color_type(png, info);
    picture->rows = png_get_image_height(png, info);
    picture->columns = png_get_image_width(png, info);
    picture->bitDepth = colourType == PNG_COLOR_TYPE_PALETTE ? 8 : png_get_bit_depth(png, info);
    picture->isColoured = 0;
    chooseTransformations(png, colourType);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    return passes;
}

static uint16_t sample(const uint8_t *row, size_t index, int isWide) {
    uint16_t value;
    if (!isWide)
        return row[index];
    memcpy(&value, row + 2 * index, sizeof value);
    return value;
}

/// Keeps the first channel of a row's pixels and notes whether the others differ from it.
static void keepGrey(const uint8_t *line, int channels, LungfoldPicture *picture,
                     uint16_t *samples) {
    int isWide = picture->bitDepth == 16;
    for (size_t column = 0; column < picture->columns; column++) {
        uint16_t grey = sample(line, column * (size_t)channels, isWide);
        for (int channel = 1; channel < channels; channel++)
            if (sample(line, column * (size_t)channels + (size_t)channel, isWide) != grey)
                picture->isColoured = 1;
        samples[column] = grey;
    }
}

/// Reads all rows through `lines`: one row, or all of an interlaced picture, whose passes libpng
/// puts together there.
static void readRows(png_structp png, png_infop info, int passes, uint8_t *lines,
                     LungfoldPicture *picture, uint16_t *samples) {
    size_t rowBytes = png_get_rowbytes(png, info);
    int channels = png_get_channels(png, info);
    for (int pass = 0; pass < passes; pass++)
        for (size_t row = 0; row < picture->rows; row++) {
            uint8_t *line = lines + (passes > 1 ? row * rowBytes : 0);
            png_read_row(png, line, NULL);
            if (pass == passes - 1)
                keepGrey(line, channels, picture, samples + row * picture->columns);
        }
    png_read_end(png, NULL);
}

int lungfold_png_read(const uint8_t *bytes, size_t length, LungfoldPicture *picture,
                      uint16_t *samples, char *message) {
    Source source = {bytes, length, 0};
    uint8_t *volatile lines = NULL;
    png_infop info = NULL;
    memset(message, 0, LUNGFOLD_PNG_MESSAGE_CAPACITY);
    png_structp png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, message, keepMessage, ignoreWarning);
    if (!png || !(info = png_create_info_struct(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return -1;
    }
    int result = -1;
    if (setjmp(png_jmpbuf(png)) == 0) {
        png_set_read_fn(png, &source, pull);
        int passes = readHeader(png, info, picture);
        if (samples) {
            lines = malloc(png_get_rowbytes(png, info) * (passes > 1 ? picture->rows : 1));
            if (!lines)
                png_error(png, "no memory");
            readRows(png, info, passes, lines, picture, samples);
        }
        result = 0;
    }
    free(lines);
    png_destroy_read_struct(&png, &info, NULL);
    return result;
}

size_t lungfold_png_write(const uint8_t *pixels, uint32_t rows, uint32_t columns, int32_t channels,
                          uint8_t *output, size_t capacity) {
    Sink sink = {output, capacity, 0};
    png_infop info = NULL;
    png_structp png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, keepMessage, ignoreWarning);
    if (!png || !(info = png_create_info_struct(png))) {
        png_destroy_write_struct(&png, &info);
        return 0;
    }
    int isWritten = 0;
    if (setjmp(png_jmpbuf(png)) == 0) {
        png_set_write_fn(png, &sink, push, flush);
        png_set_IHDR(png, info, columns, rows, 8,
                     channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        png_write_info(png, info);
        for (uint32_t row = 0; row < rows; row++)
            png_write_row(png, pixels + (size_t)row * columns * (size_t)channels);
        png_write_end(png, NULL);
        isWritten = 1;
    }
    png_destroy_write_struct(&png, &info);
    return isWritten ? sink.position : 0;
}
