/* What the characters of a text are, as far as no analysis is needed to tell. The rules of search/analysis/tokens.py
   that this relies on are named where they are used. */

#include "characters.h"

unsigned char byte_kinds[256];

void fill_byte_kinds(void) {
    for (int code = 0; code < 256; code++)
        byte_kinds[code] = code < 128 ? DELIMITER : BEYOND;
    for (int code = '0'; code <= '9'; code++)
        byte_kinds[code] = LETTER;
    for (int code = 'a'; code <= 'z'; code++)
        byte_kinds[code] = byte_kinds[code - 'a' + 'A'] = LETTER;
    for (const char *join = "-'/&.,"; *join; join++)
        byte_kinds[(unsigned char)*join] = JOIN;
    byte_kinds['_'] = OTHER; /* a word character, but part of no token */
}

static int latin_kind(uint32_t code) {
    switch (code) {
    case 0xAA: case 0xAD: case 0xB2: case 0xB3: case 0xB5: case 0xB9: case 0xBA: case 0xBC: case 0xBD: case 0xBE:
        return OTHER; /* letters and digits by compatibility, and the soft hyphen */
    case 0xAB: case 0xBB:
        return DELIMITER;
    default:
        return code < 0xA0 ? OTHER : code < 0xC0 || code == 0xD7 || code == 0xF7 ? JOIN : LETTER;
    }
}

static int punctuation_kind(uint32_t code) {
    switch (code) {
    case 0x2014: case 0x2015: case 0x201C: case 0x201D: case 0x201E: case 0x2020: case 0x2021: case 0x2022: case 0x2026:
        return DELIMITER;
    default:
        return code >= 0x2010 && code <= 0x2027 ? JOIN : OTHER;
    }
}

static int wide_kind(uint32_t code) {
    if (code >= 0x3400)
        return (code <= 0x4DBF || (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0xAC00 && code <= 0xD7A3)) ? RUN
               : (code == 0xFF01 || code == 0xFF08 || code == 0xFF09 || code == 0xFF0C || code == 0xFF1A ||
                  code == 0xFF1B || code == 0xFF1F)
                   ? DELIMITER
                   : OTHER;
    if (code <= 0x3003 || (code >= 0x3008 && code <= 0x3011) || (code >= 0x3014 && code <= 0x301F) || code == 0x30FB)
        return DELIMITER;
    if (code == 0x3005 || (code >= 0x3041 && code <= 0x3096) || (code >= 0x30A1 && code <= 0x30FA) || code == 0x30FC)
        return RUN;
    return OTHER;
}

int kind_beyond_ascii(uint32_t code) {
    if (code < 0x100)
        return latin_kind(code);
    if (code < 0x250)
        return LETTER;
    if (code >= 0x388 && code < 0x400) /* Greek letters without those that stand for others */
        return (code >= 0x391 && code <= 0x3A1) || (code >= 0x3A3 && code <= 0x3CE) ? LETTER : OTHER;
    if (code >= 0x400 && code < PLAIN_END)
        return code >= 0x482 && code <= 0x489 ? OTHER : LETTER;
    if (code >= 0x2000 && code < 0x2100)
        return punctuation_kind(code);
    return code >= 0x3000 && code < 0x10000 ? wide_kind(code) : OTHER;
}
