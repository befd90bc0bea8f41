/* The fragments of texts of one language, numbered: the type FragmentNumbers (fragment_numbers.c). */

#ifndef BACKFILE_FRAGMENT_NUMBERS_H
#define BACKFILE_FRAGMENT_NUMBERS_H

#include "kernel.h"
#include <string.h>

#define LONGEST 40 /* characters of a remembered fragment, as in search/analysis/fragments.py */
#define LONGEST_BYTES (4 * LONGEST)

typedef struct {
    uint64_t head;   /* the first eight bytes; those that are missing are 0 */
    uint32_t hash;   /* half of it */
    uint32_t number; /* its own number + 1; 0 in a free slot */
    uint32_t length;
    size_t place; /* in the arena */
} Slot;

typedef struct {
    PyObject_HEAD
    Slot *slots;
    size_t mask;
    unsigned char *arena;
    size_t used, room;
    uint32_t *positions; /* of each number */
    uint32_t count, capacity;
    uint64_t seed;
    int ignores_case;
} Table;

static inline uint64_t mixed(uint64_t hash, uint64_t bytes) {
    hash = (hash ^ bytes) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

static inline uint64_t head_of(const unsigned char *key, size_t length) {
    uint64_t head = 0;
    memcpy(&head, key, length < 8 ? length : 8);
    return head;
}

/* Eight bytes at a time; of the last ones, those that are missing are 0. */
static inline uint64_t hash_of(const unsigned char *key, size_t length, uint64_t seed) {
    uint64_t hash = mixed(seed, length), bytes;
    for (; length > 8; key += 8, length -= 8) {
        memcpy(&bytes, key, 8);
        hash = mixed(hash, bytes);
    }
    return mixed(hash, head_of(key, length));
}

/* The slot of a key, or the free one where it belongs. */
static inline Slot *slot_of_head(const Table *table, const unsigned char *key, size_t length, uint64_t head,
                                 uint64_t hash) {
    size_t at = (size_t)hash & table->mask;
    for (;; at = (at + 1) & table->mask) {
        Slot *slot = &table->slots[at];
        if (!slot->number)
            return slot;
        if (slot->head == head && slot->hash == (uint32_t)(hash >> 32) && slot->length == length &&
            (length <= 8 || !memcmp(table->arena + slot->place, key, length)))
            return slot;
    }
}

static inline Slot *slot_of(const Table *table, const unsigned char *key, size_t length, uint64_t hash) {
    return slot_of_head(table, key, length, head_of(key, length), hash);
}

/* Methods of the type that have files of their own. */
PyObject *fragments_scan(Table *table, PyObject *args);    /* scanning.c */
PyObject *fragments_marks(Table *table, PyObject *args);   /* marks.c */
PyObject *fragments_leading(Table *table, PyObject *args); /* marks.c */
extern const char scan_doc[], marks_doc[], leading_doc[];

#endif
