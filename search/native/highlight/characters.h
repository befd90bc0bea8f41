/* The characters of a text in UTF-8, and what they are (characters.c). */

#ifndef BACKFILE_CHARACTERS_H
#define BACKFILE_CHARACTERS_H

#include <stdint.h>

#define PLAIN_END 0x530 /* the letters below may be looked for by a table; none is of an unspaced script */

/* What a character is. */
enum {
    DELIMITER, /* part of no word, and no word reaches across it */
    JOIN,      /* stands between the parts of a word: part of no token at its beginning */
    LETTER,    /* a letter or digit that is a word by itself, or with others of its kind */
    RUN,       /* Han, kana or Hangul: each pair is a token */
    OTHER,     /* anything else: only search.analysis knows */
    BEYOND,    /* of a byte: it begins a character beyond ASCII, or goes on with one */
};

/* The kind of each character in ASCII; BEYOND for other bytes. */
extern unsigned char byte_kinds[256];

void fill_byte_kinds(void);
int kind_beyond_ascii(uint32_t code);

static inline uint32_t decode(const unsigned char *at, int *length) {
    uint32_t first = at[0];
    if (first < 0x80) {
        *length = 1;
        return first;
    }
    if (first < 0xE0) {
        *length = 2;
        return (first & 0x1F) << 6 | (at[1] & 0x3F);
    }
    if (first < 0xF0) {
        *length = 3;
        return (first & 0x0F) << 12 | (uint32_t)(at[1] & 0x3F) << 6 | (at[2] & 0x3F);
    }
    *length = 4;
    return (first & 0x07) << 18 | (uint32_t)(at[1] & 0x3F) << 12 | (uint32_t)(at[2] & 0x3F) << 6 | (at[3] & 0x3F);
}

static inline int kind_of(uint32_t code) {
    return code < 0x80 ? byte_kinds[code] : kind_beyond_ascii(code);
}

#endif
