#include "text.h"

#include <string.h>

void text_put(Text *text, const void *bytes, size_t size) {
    if (text->failed || !size)
        return;
    if (text->size + size > text->room) {
        size_t room = 2 * (text->size + size) + 256;
        Byte *larger = PyMem_Realloc(text->bytes, room);
        if (!larger) {
            text->failed = 1;
            return;
        }
        text->bytes = larger;
        text->room = room;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

void text_free(Text *text) {
    PyMem_Free(text->bytes);
    memset(text, 0, sizeof *text);
}

static int space_beyond_ascii(const Byte *at, const Byte *end) {
    if (at[0] == 0xC2)
        return end - at >= 2 && at[1] == 0xA0 ? 2 : 0;
    if (end - at < 3)
        return 0;
    switch (at[0]) {
    case 0xE1: /* U+1680 */
        return at[1] == 0x9A && at[2] == 0x80 ? 3 : 0;
    case 0xE2: /* U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F */
        if (at[1] == 0x80)
            return at[2] <= 0x8A || at[2] == 0xA8 || at[2] == 0xA9 || at[2] == 0xAF ? 3 : 0;
        return at[1] == 0x81 && at[2] == 0x9F ? 3 : 0;
    case 0xE3: /* U+3000 */
        return at[1] == 0x80 && at[2] == 0x80 ? 3 : 0;
    default:
        return 0;
    }
}

int space_at(const Byte *at, const Byte *end) {
    if (at >= end)
        return 0;
    if (*at < 0x80)
        return *at == ' ' || *at == '\n' || *at == '\t' || *at == '\r';
    return space_beyond_ascii(at, end);
}

/* The length of the white space character that ends at a place, or 0. */
static int space_before(const Byte *start, const Byte *at) {
    if (at > start && at[-1] < 0x80)
        return space_at(at - 1, at);
    for (int length = 2; length <= 3 && length <= at - start; length++)
        if (space_at(at - length, at) == length)
            return length;
    return 0;
}

Span without_space(Span span) {
    int length;
    while ((length = space_at(span.at, span.end)))
        span.at += length;
    while ((length = space_before(span.at, span.end)))
        span.end -= length;
    return span;
}

Span without_ends(Span span, const char *bytes, size_t count) {
    while (span.at < span.end && memchr(bytes, *span.at, count))
        span.at++;
    while (span.at < span.end && memchr(bytes, span.end[-1], count))
        span.end--;
    return span;
}

static uint32_t code_of_three(const Byte *at) {
    return (uint32_t)(at[0] & 15) << 12 | (uint32_t)(at[1] & 63) << 6 | (at[2] & 63);
}

/* index.normalize has the same letters. All have three bytes. */
static int is_wide(const Byte *at, const Byte *end) {
    if (end - at < 3 || at[0] < 0xE2 || at[0] > 0xEF)
        return 0;
    uint32_t code = code_of_three(at);
    return (code >= 0x2E80 && code <= 0x30FF) || (code >= 0x3100 && code <= 0x312F) ||
           (code >= 0x31A0 && code <= 0x31FF) || (code >= 0x3400 && code <= 0x4DBF) ||
           (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0xF900 && code <= 0xFAFF) ||
           (code >= 0xFF00 && code <= 0xFFEF);
}

/* Whether white space is the end of one line and nothing but that, with blanks around it. */
static int ends_one_line(Span space) {
    const Byte *at = space.at;
    while (at < space.end && (*at == ' ' || *at == '\t'))
        at++;
    if (at < space.end && *at == '\r')
        at++;
    if (at == space.end || *at++ != '\n')
        return 0;
    while (at < space.end && (*at == ' ' || *at == '\t'))
        at++;
    return at == space.end;
}

static int is_dropped(Span all, Span space) {
    return ends_one_line(space) && space.at - all.at >= 3 && is_wide(space.at - 3, space.at) &&
           is_wide(space.end, all.end);
}

/* Whether the byte at a place is of a character that stays as it is. */
static int stays(const Byte *at, const Byte *end) {
    return *at > ' ' && (*at < 0xC2 || !space_at(at, end));
}

/* The end of what begins here and stays as it is: words with one space between them. */
static const Byte *skip_words(const Byte *at, const Byte *end) {
    const Byte *start = at;
    while (at < end && (stays(at, end) || (*at == ' ' && at > start && at + 1 < end && stays(at + 1, end))))
        at++;
    return at;
}

void put_one_line(Text *text, Span span) {
    Span all = without_space(span);
    const Byte *at = all.at;
    int after_break = 0;
    while (at < all.end) {
        const Byte *start = at;
        at = skip_words(at, all.end);
        text_put_span(text, (Span){start, at});
        after_break = after_break && at == start;
        start = at;
        for (int length; (length = space_at(at, all.end));)
            at += length;
        if (at > start && !after_break && *at != LINE_BREAK && !is_dropped(all, (Span){start, at}))
            text_put_byte(text, ' ');
        if (at < all.end && *at == LINE_BREAK) {
            text_put_byte(text, '\n');
            after_break = 1;
            at++;
        }
    }
}

size_t characters_in(Span span) {
    size_t count = 0;
    for (const Byte *at = span.at; at < span.end; at++)
        count += (*at & 0xC0) != 0x80;
    return count;
}
