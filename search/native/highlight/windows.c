/* The windows of a text: for each mark, the marks near it that one passage may show. */

#include "windows.h"

#include <string.h>

static uint32_t kind_of(Choice *choice, const uint64_t *packed) {
    uint64_t hash = 0;
    for (size_t word = 0; word < choice->words; word++) {
        hash = (hash ^ packed[word]) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    size_t slot = (size_t)hash & choice->slot_mask, size = choice->words * sizeof *packed;
    for (; choice->slots[slot]; slot = (slot + 1) & choice->slot_mask)
        if (!memcmp(choice->packed + (choice->slots[slot] - 1) * choice->words, packed, size))
            return choice->slots[slot] - 1;
    memcpy(choice->packed + (size_t)choice->kind_count * choice->words, packed, size);
    choice->slots[slot] = (uint32_t)++choice->kind_count;
    return (uint32_t)choice->kind_count - 1;
}

/* Where the block around `place` ends. */
static Py_ssize_t block_end(const Text *text, Py_ssize_t place) {
    for (; place + 1 < text->length; place++) {
        if (text->narrow) {
            const unsigned char *at = memchr(text->narrow + place, '\n', (size_t)(text->length - place));
            place = at ? at - text->narrow : text->length;
        }
        if (place + 1 < text->length && code_at(text, place) == '\n' && code_at(text, place + 1) == '\n')
            return place;
    }
    return text->length;
}

/* Where the block around `place` begins: `floor`, unless a later one begins behind `looked`. */
static Py_ssize_t block_start(const Text *text, Py_ssize_t place, Py_ssize_t looked, Py_ssize_t floor) {
    for (Py_ssize_t at = place - 2; at >= 0 && at > looked - 2; at--)
        if (code_at(text, at) == '\n' && code_at(text, at + 1) == '\n')
            return at + 2;
    return floor;
}

static void count_mark(Choice *choice, uint64_t *packed, uint32_t group, int step) {
    uint32_t most = (uint32_t)choice->rules->counted;
    uint64_t unit = UINT64_C(1) << group % GROUPS_A_WORD * BITS;
    if (step > 0 && ++choice->counts[group] <= most)
        packed[group / GROUPS_A_WORD] += unit;
    if (step < 0 && choice->counts[group]-- <= most)
        packed[group / GROUPS_A_WORD] -= unit;
}

void make_windows(Choice *choice, uint64_t *packed, Py_ssize_t most) {
    const Mark *marks = choice->considered;
    Py_ssize_t count = choice->considered_count, after = 0, furthest = 0, block = -1, looked = 0, floor = 0;
    for (Py_ssize_t first = 0; first < count; first++) {
        Py_ssize_t start = marks[first].start, limit = start + choice->rules->reach;
        if (start >= block)
            block = block_end(&choice->text, start);
        floor = block_start(&choice->text, start, looked, floor);
        looked = start;
        while (after <= first || (after < count && marks[after].end <= limit && marks[after].start < block)) {
            furthest = larger(furthest, marks[after].end);
            count_mark(choice, packed, marks[after++].group, 1);
        }
        uint32_t kind = kind_of(choice, packed);
        if (choice->kinds[kind].windows++ < most)
            choice->windows[choice->window_count++] = (Window){.start = start, .end = furthest, .floor = floor,
                                                               .first_end = marks[first].end, .ceiling = block,
                                                               .kind = kind};
        count_mark(choice, packed, marks[first].group, -1);
    }
}

void mark_headings(Choice *choice, Py_ssize_t start, Py_ssize_t end) {
    Py_ssize_t low = 0, high = choice->window_count;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (choice->windows[middle].start < start)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < choice->window_count && choice->windows[low].start < end; low++)
        choice->windows[low].in_heading = 1;
}
