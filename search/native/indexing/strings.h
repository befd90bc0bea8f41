/* Growing arrays of numbers, and an open-addressing table of byte strings, each with a tag of one byte. */

#ifndef BACKFILE_STRINGS_H
#define BACKFILE_STRINGS_H

#include "kernel.h"

typedef struct {
    uint32_t *items;
    size_t count, room;
} Numbers;

enum { SHORT_STRING = 16 };

/* A short string lies in its entry, so that to find it takes one look into memory less. */
typedef struct {
    uint64_t hash;
    union {
        uint8_t text[SHORT_STRING];
        size_t at;    /* of its bytes in the table's, if it is longer */
    } is;
    uint32_t value;
    uint32_t label;   /* size << 8 | tag */
} StringEntry;

typedef struct {
    uint64_t seed;    /* so that nobody can choose strings that collide */
    StringEntry *entries;
    size_t count, room;
    uint32_t *slots;  /* 1 + an entry; 0 is free */
    size_t mask;
    uint8_t *bytes;
    size_t used, bytes_room;
} StringTable;

/* These return -1 with an error set where memory, or the range of 32 bits, is not enough. */
int numbers_put(Numbers *numbers, uint32_t number);
int64_t strings_add(StringTable *table, uint64_t hash, uint8_t tag, const uint8_t *text, size_t size);
/* The entry of a string, which is added if it is new. */
int64_t strings_number(StringTable *table, uint8_t tag, const uint8_t *text, size_t size);

uint64_t strings_hash(const StringTable *table, uint8_t tag, const uint8_t *text, size_t size);
/* The entry of a string, or -1. */
int64_t strings_find(const StringTable *table, uint64_t hash, uint8_t tag, const uint8_t *text, size_t size);
/* Bring into the cache what `strings_find` will look at: first the slot, some time later the entry it names. */
void strings_fetch_slot(const StringTable *table, uint64_t hash);
void strings_fetch_entry(const StringTable *table, uint64_t hash);
/* The tag of an entry, and its string, which stays where it is until the next is added. */
uint8_t strings_tag(const StringEntry *entry);
const uint8_t *strings_text(const StringTable *table, const StringEntry *entry, size_t *size);
void strings_free(StringTable *table);
void numbers_free(Numbers *numbers);
size_t strings_bytes(const StringTable *table);

#endif
