/* Where in a text in UTF-8 a word that is looked for may begin: sixty-four bytes at a time, without a branch for each. */

#ifndef BACKFILE_WORD_STARTS_H
#define BACKFILE_WORD_STARTS_H

#include "characters.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BLOCK 64

typedef struct {
    const unsigned char *text;
    size_t size;
    size_t base;      /* where the block that was looked at begins; `size` before the first */
    uint64_t starts;  /* a bit for each of its bytes: a letter or digit in ASCII with none before it */
    uint64_t special; /* a byte that more has to be known about: beyond ASCII, or `_` */
} WordStarts;

static inline int lowest_bit(uint64_t bits) {
#if defined(__GNUC__)
    return __builtin_ctzll(bits);
#else
    int at = 0;
    for (; !(bits & 1); bits >>= 1)
        at++;
    return at;
#endif
}

/* Sixty-four bytes of 0 or 1 as bits; the kernel runs on little-endian machines only. */
static inline uint64_t as_bits(const uint8_t *flags) {
    uint64_t bits = 0, eight;
    for (int at = 0; at < BLOCK; at += 8) {
        memcpy(&eight, flags + at, 8);
        bits |= (eight * UINT64_C(0x0102040810204080) >> 56) << at;
    }
    return bits;
}

static inline void look_at_block(WordStarts *words, size_t base) {
    unsigned char padded[BLOCK];
    const unsigned char *text = words->text + base;
    uint8_t letters[BLOCK], special[BLOCK];
    if (words->size - base < BLOCK) {
        memset(padded, ' ', BLOCK);
        memcpy(padded, text, words->size - base);
        text = padded;
    }
    for (int at = 0; at < BLOCK; at++) { /* compilers make vector instructions of this */
        uint8_t byte = text[at];
        letters[at] = (uint8_t)(((uint8_t)((byte | 0x20) - 'a') < 26) | ((uint8_t)(byte - '0') < 10));
        special[at] = (uint8_t)((byte >> 7) | (byte == '_'));
    }
    uint64_t bits = as_bits(letters);
    words->base = base;
    words->starts = bits & ~(bits << 1);
    words->special = as_bits(special);
}

/* The first index from `at` where a word begins with a letter whose byte in `firsts` is not 0, or where more has to be
   known; `size` if there is none. No word begins before `at` and ends behind it. */
static inline size_t next_start(WordStarts *words, const unsigned char *firsts, size_t at) {
    while (at < words->size) {
        if (at < words->base || at - words->base >= BLOCK) {
            int goes_on = words->base < at && at - words->base == BLOCK;
            look_at_block(words, at);
            if (goes_on && byte_kinds[words->text[at - 1]] == LETTER)
                words->starts &= ~UINT64_C(1);
        }
        uint64_t left = (words->starts | words->special) >> (at - words->base) << (at - words->base);
        for (; left; left &= left - 1) {
            size_t found = words->base + (size_t)lowest_bit(left);
            if (words->special >> (found - words->base) & 1 || firsts[words->text[found]])
                return found;
        }
        at = words->base + BLOCK;
    }
    return words->size;
}

#endif
