/* What the bytes of a text are, and the words of a fragment in ASCII: those of search.analysis.tokens. */

#include "fragment_words.h"

#include <string.h>

enum { MOST_PARTS = 4 };

uint8_t byte_classes[256];
uint8_t lower_bytes[256];

void set_byte_classes(void) {
    for (int c = 0; c < 256; c++) {
        lower_bytes[c] = c >= 'A' && c <= 'Z' ? c + 32 : c;
        if ((c >= '\t' && c <= '\r') || (c >= 0x1c && c <= ' '))
            byte_classes[c] = SPACE;
        else if (c >= '0' && c <= '9')
            byte_classes[c] = ALNUM | DIGIT;
        else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            byte_classes[c] = ALNUM;
        else if (c >= 128)
            byte_classes[c] = BEYOND;
        else
            byte_classes[c] = c > ' ' && c < 127 && c != '_' ? AROUND : 0;
    }
}

int wide_space(const uint8_t *at, const uint8_t *end) {
    if (end - at >= 2 && at[0] == 0xC2)
        return at[1] == 0x85 || at[1] == 0xA0 ? 2 : 0;
    if (end - at < 3 || at[0] < 0xE1 || at[0] > 0xE3)
        return 0;
    if (at[0] == 0xE1)
        return at[1] == 0x9A && at[2] == 0x80 ? 3 : 0;
    if (at[0] == 0xE3)
        return at[1] == 0x80 && at[2] == 0x80 ? 3 : 0;
    if (at[1] == 0x81)
        return at[2] == 0x9F ? 3 : 0;
    return at[1] == 0x80 && (at[2] <= 0x8A || at[2] == 0xA8 || at[2] == 0xA9 || at[2] == 0xAF) ? 3 : 0;
}

int is_inside_numbers(const uint8_t *at) {
    return (at[0] == 0xC2 && at[1] == 0xA0) || (at[0] == 0xE2 && at[1] == 0x80 && (at[2] == 0x89 || at[2] == 0xAF));
}

uint8_t plain_mark(const uint8_t *at, const uint8_t *end, int *size) {
    if (end - at >= 2 && at[0] == 0xC2 && (at[1] == 0xAB || at[1] == 0xBB)) {
        *size = 2;
        return '"';
    }
    if (end - at < 3 || at[0] != 0xE2 || at[1] != 0x80)
        return 0;
    *size = 3;
    switch (at[2]) {
    case 0x93: return '-';              /* en dash: joins words as a hyphen does */
    case 0x98: case 0x99: return '\'';  /* single quotes */
    case 0x94: case 0x9C: case 0x9D: case 0xA6: return '"';  /* em dash, double quotes, ellipsis: part them */
    default: return 0;
    }
}

static int put(Words *words, const uint8_t *text, int size, uint32_t ahead) {
    if (words->count == LONGEST_LIST)
        return 0;
    words->words[words->count].size = (uint8_t)size;
    words->words[words->count].ahead = (uint8_t)ahead;
    memcpy(words->words[words->count++].text, text, size);
    return 1;
}

static int is_plain(const uint8_t *text, int size) {
    for (int i = 0; i < size; i++)
        if (!(byte_classes[text[i]] & ALNUM))
            return 0;
    return size > 0;
}

/* A number as English writes it, such as 1,234.5; its commas are left out. 0 if the chunk is none. */
static int put_number(Words *words, const uint8_t *chunk, int size) {
    uint8_t text[LONGEST];
    int length = 0, at = 0, groups = 0, first;
    while (at < size && byte_classes[chunk[at]] & DIGIT)
        text[length++] = chunk[at++];
    first = at;
    while (at + 3 < size && chunk[at] == ',' && byte_classes[chunk[at + 1]] & byte_classes[chunk[at + 2]] & byte_classes[chunk[at + 3]] & DIGIT) {
        memcpy(text + length, chunk + at + 1, 3);
        length += 3, at += 4, groups++;
    }
    if (first == 0 || (groups && first > 3))
        return 0;
    if (at < size && chunk[at] == '.') {
        int point = at;
        text[length++] = chunk[at++];
        while (at < size && byte_classes[chunk[at]] & DIGIT)
            text[length++] = chunk[at++];
        if (at == point + 1)
            return 0;
    } else if (!groups)
        return 0;
    if (at < size || !put(words, text, length, words->advance))
        return 0;
    words->advance++;
    return 1;
}

/* Words with one mark between each two, such as post-war: its parts, and all of them in one word. 0 if it is not such. */
static int put_joined(Words *words, const uint8_t *chunk, int size) {
    uint8_t joined[LONGEST];
    int length = 0, parts = 1, digits = 0, point = 0, shortest = size, start = 0;
    for (int i = 0; i <= size; i++) {
        if (i < size && byte_classes[chunk[i]] & ALNUM) {
            digits |= byte_classes[chunk[i]] & DIGIT;
            joined[length++] = chunk[i];
            continue;
        }
        if (i - start < shortest)
            shortest = i - start;
        if (i == size)
            break;
        if (!strchr("-/&_.", chunk[i]))
            return 0;
        point |= chunk[i] == '.';
        start = i + 1;
        parts++;
    }
    if (shortest < 1 || (point && (digits || shortest < 2)))  /* 3.5, U.S. */
        return 0;
    start = 0;
    for (int i = 0; i <= size; i++) {
        if (i < size && byte_classes[chunk[i]] & ALNUM)
            continue;
        if (!put(words, chunk + start, i - start, words->advance++))
            return 0;
        if (start == 0 && parts <= MOST_PARTS && !put(words, joined, length, words->advance - 1))
            return 0;
        start = i + 1;
    }
    return 1;
}

static int put_chunk(Words *words, const uint8_t *chunk, int size) {
    if (size > 2 && chunk[size - 1] == 's' && chunk[size - 2] == '\'' && is_plain(chunk, size - 2))
        size -= 2;
    if (is_plain(chunk, size))
        return put(words, chunk, size, words->advance++);
    return put_number(words, chunk, size) || put_joined(words, chunk, size);
}

/* Whether the mark at `at` parts two chunks: it joins nothing, or stands twice, or is a comma not between digits.
   -1: it needs all rules. */
static int parts_chunks(const uint8_t *core, int size, int at, int *run) {
    uint8_t mark = core[at];
    *run = 1;
    if (byte_classes[mark] & AROUND && !strchr("-'/&.,", mark))
        return 1;
    while (at + *run < size && core[at + *run] == mark)
        ++*run;
    if (at + *run < size && !(byte_classes[core[at + *run]] & ALNUM) && strchr("-'/&.,_", core[at + *run]))
        return -1;  /* two different joining marks in a row */
    if (*run > 1)
        return strchr("-.", mark) ? 1 : -1;
    if (mark == ',')
        return !(byte_classes[core[at - 1]] & byte_classes[core[at + 1]] & DIGIT);
    return 0;
}

int read_core(Words *words, const uint8_t *core, int size) {
    int start = 0, run;
    words->count = 0;
    words->advance = 0;
    for (int i = 0; i < size; i++) {
        if (byte_classes[core[i]] & ALNUM)
            continue;
        if (core[i] < ' ' || core[i] == 127)
            return 0;
        int parting = parts_chunks(core, size, i, &run);
        if (parting < 0)
            return 0;
        if (!parting)
            continue;
        if (i > start && !put_chunk(words, core + start, i - start))
            return 0;
        i += run - 1;
        start = i + 1;
        if (start < size && !(byte_classes[core[start]] & ALNUM)) {
            if (!(byte_classes[core[start]] & AROUND) || strchr("-'/&.,", core[start]))
                return 0;
        }
    }
    return start >= size || put_chunk(words, core + start, size - start);
}
