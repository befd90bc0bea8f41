/* Text in UTF-8 that grows, and its white space (text.c). */

#ifndef BACKFILE_TEXT_H
#define BACKFILE_TEXT_H

#include "kernel.h"

typedef unsigned char Byte;

/* Bytes of the markup, or of anything else that stays where it is. */
typedef struct {
    const Byte *at, *end;
} Span;

/* `failed`: memory did not suffice, and the text is not whole. */
typedef struct {
    Byte *bytes;
    size_t size, room;
    int failed;
} Text;

void text_put(Text *text, const void *bytes, size_t size);
void text_free(Text *text);

static inline void text_put_span(Text *text, Span span) {
    text_put(text, span.at, (size_t)(span.end - span.at));
}

static inline void text_put_byte(Text *text, Byte byte) {
    text_put(text, &byte, 1);
}

static inline Span text_span(const Text *text) {
    static const Byte nothing[1];
    return text->bytes ? (Span){text->bytes, text->bytes + text->size} : (Span){nothing, nothing};
}

/* What stands for a line break, as search/native/markup does not read texts with this character. */
#define LINE_BREAK 0

/* The length of the white space character at a place, as `str.isspace` has it, or 0. A line break is none. */
int space_at(const Byte *at, const Byte *end);

/* Without white space at both ends. */
Span without_space(Span span);

/* Without these bytes at both ends. */
Span without_ends(Span span, const char *bytes, size_t count);

/* Each run of white space as one space, none at the ends, and none for a line that ends between two letters of Chinese
   or Japanese: the twin of index.normalize.one_line. Each line break becomes a new line without spaces around it. */
void put_one_line(Text *text, Span span);

size_t characters_in(Span span);

#endif
