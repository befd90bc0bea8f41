#include "strings.h"

#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__)
#define FETCH(address) __builtin_prefetch(address)
#else
#define FETCH(address) ((void)(address))
#endif

/* Makes room for one more item of `size` bytes. */
static int grow(void *items, size_t *room, size_t needed, size_t size) {
    if (needed <= *room)
        return 0;
    size_t more = *room ? *room : 64;
    while (more < needed)
        more += more / 2;
    void **where = items, *moved = more > SIZE_MAX / 2 / size ? NULL : realloc(*where, more * size);
    if (!moved) {
        PyErr_NoMemory();
        return -1;
    }
    *where = moved;
    *room = more;
    return 0;
}

int numbers_put(Numbers *numbers, uint32_t number) {
    if (numbers->count == numbers->room) {
        if (numbers->count >= UINT32_MAX) {
            PyErr_SetString(PyExc_OverflowError, "too many tokens for one table");
            return -1;
        }
        if (grow(&numbers->items, &numbers->room, numbers->count + 1, sizeof *numbers->items) < 0)
            return -1;
    }
    numbers->items[numbers->count++] = number;
    return 0;
}

void numbers_free(Numbers *numbers) {
    free(numbers->items);
    memset(numbers, 0, sizeof *numbers);
}

/* The finaliser of SplitMix64. */
static uint64_t mixed(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

uint64_t strings_hash(const StringTable *table, uint8_t tag, const uint8_t *text, size_t size) {
    uint64_t hash = table->seed + (((uint64_t)size << 8) | tag) * 0x9E3779B97F4A7C15u, part;
    for (; size >= 8; size -= 8, text += 8) {
        memcpy(&part, text, 8);
        hash = mixed(hash ^ part);
    }
    part = 0;
    memcpy(&part, text, size);
    return mixed(hash ^ part);
}

enum { SIZE_SHIFT = 8, LONGEST_STRING = UINT32_MAX >> SIZE_SHIFT };

static uint32_t label_of(uint8_t tag, size_t size) {
    return (uint32_t)size << SIZE_SHIFT | tag;
}

uint8_t strings_tag(const StringEntry *entry) {
    return (uint8_t)entry->label;
}

const uint8_t *strings_text(const StringTable *table, const StringEntry *entry, size_t *size) {
    *size = entry->label >> SIZE_SHIFT;
    return *size <= SHORT_STRING ? entry->is.text : table->bytes + entry->is.at;
}

void strings_fetch_slot(const StringTable *table, uint64_t hash) {
    if (table->slots)
        FETCH(table->slots + (hash & table->mask));
}

void strings_fetch_entry(const StringTable *table, uint64_t hash) {
    uint32_t slot = table->slots ? table->slots[hash & table->mask] : 0;
    if (slot)
        FETCH(table->entries + slot - 1);
}

int64_t strings_find(const StringTable *table, uint64_t hash, uint8_t tag, const uint8_t *text, size_t size) {
    size_t same;
    if (!table->slots || size > LONGEST_STRING)
        return -1;
    uint32_t label = label_of(tag, size);
    for (size_t slot = hash & table->mask; table->slots[slot]; slot = (slot + 1) & table->mask) {
        const StringEntry *entry = table->entries + table->slots[slot] - 1;
        if (entry->hash == hash && entry->label == label && !memcmp(strings_text(table, entry, &same), text, size))
            return (int64_t)table->slots[slot] - 1;
    }
    return -1;
}

static void place(StringTable *table, uint64_t hash, uint32_t entry) {
    size_t slot = hash & table->mask;
    while (table->slots[slot])
        slot = (slot + 1) & table->mask;
    table->slots[slot] = entry + 1;
}

static int spread(StringTable *table) {
    size_t size = table->slots ? 2 * (table->mask + 1) : 256;
    uint32_t *slots = calloc(size, sizeof *slots);
    if (!slots) {
        PyErr_NoMemory();
        return -1;
    }
    free(table->slots);
    table->slots = slots;
    table->mask = size - 1;
    for (size_t entry = 0; entry < table->count; entry++)
        place(table, table->entries[entry].hash, (uint32_t)entry);
    return 0;
}

int64_t strings_add(StringTable *table, uint64_t hash, uint8_t tag, const uint8_t *text, size_t size) {
    if (table->count >= UINT32_MAX - 1 || size > LONGEST_STRING) {
        PyErr_SetString(PyExc_OverflowError, "too many words for one table");
        return -1;
    }
    size_t apart = size <= SHORT_STRING ? 0 : size;
    if (grow(&table->entries, &table->room, table->count + 1, sizeof *table->entries) < 0 ||
        grow(&table->bytes, &table->bytes_room, table->used + apart, 1) < 0)
        return -1;
    if ((!table->slots || 2 * table->count > table->mask) && spread(table) < 0)
        return -1;
    StringEntry *entry = table->entries + table->count;
    *entry = (StringEntry){.hash = hash, .is = {.at = table->used}, .label = label_of(tag, size)};
    memcpy(apart ? table->bytes + table->used : entry->is.text, text, size);
    table->used += apart;
    place(table, hash, (uint32_t)table->count);
    return (int64_t)table->count++;
}

int64_t strings_number(StringTable *table, uint8_t tag, const uint8_t *text, size_t size) {
    uint64_t hash = strings_hash(table, tag, text, size);
    int64_t entry = strings_find(table, hash, tag, text, size);
    return entry >= 0 ? entry : strings_add(table, hash, tag, text, size);
}

void strings_free(StringTable *table) {
    uint64_t seed = table->seed;
    free(table->entries);
    free(table->slots);
    free(table->bytes);
    memset(table, 0, sizeof *table);
    table->seed = seed;
}

size_t strings_bytes(const StringTable *table) {
    return table->room * sizeof *table->entries + (table->slots ? (table->mask + 1) * sizeof *table->slots : 0) +
           table->bytes_room;
}
