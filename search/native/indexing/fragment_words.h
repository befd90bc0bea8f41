/* The characters of a text in UTF-8, and the words of a fragment of it (fragment_words.c). */

#ifndef BACKFILE_FRAGMENT_WORDS_H
#define BACKFILE_FRAGMENT_WORDS_H

#include <stdint.h>

/* Characters of a fragment that is read here, and the most words that it may have. */
enum { LONGEST = 40, LONGEST_LIST = 20 };

/* What a byte is: BEYOND begins or continues a character beyond ASCII, AROUND is part of no word. */
enum { SPACE = 1, ALNUM = 2, DIGIT = 4, AROUND = 8, BEYOND = 16 };

extern uint8_t byte_classes[256];
extern uint8_t lower_bytes[256];

/* Fills both tables; needed once. */
void set_byte_classes(void);

/* The bytes of the white space that begins here beyond ASCII; 0 if it is something else. */
int wide_space(const uint8_t *at, const uint8_t *end);

/* Whether this white space may be part of a number: U+00A0, U+2009 or U+202F. */
int is_inside_numbers(const uint8_t *at);

/* The ASCII mark that reads the same as the typographic one that begins here, with its size in bytes; else 0. */
uint8_t plain_mark(const uint8_t *at, const uint8_t *end, int *size);

typedef struct {
    int count;
    uint32_t advance;
    struct { uint8_t size, ahead; uint8_t text[LONGEST + 1]; } words[LONGEST_LIST];
} Words;

/* The words of a fragment in ASCII that begins and ends with a letter or digit. 0 if it needs all rules. */
int read_core(Words *words, const uint8_t *core, int size);

#endif
