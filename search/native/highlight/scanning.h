/* One scan of a text for the fragments that may hold words of a query (scanning.c). */

#ifndef BACKFILE_SCANNING_H
#define BACKFILE_SCANNING_H

#include "fragment_numbers.h"

#define FIRST_SLOTS 1024

/* The numbers of rows that have none. BARE: an unknown fragment that holds no word that is looked for. */
enum { BARE = -3, PAIR = -2, UNKNOWN = -1 };

/* A fragment that may hold a word: its number, where it lies in characters, and the positions that stand before it. */
typedef struct {
    int64_t number;
    Py_ssize_t start, end, position;
} Row;

typedef struct {
    const Table *table;
    Py_buffer firsts;           /* PLAIN_END bytes: may a word that is looked for begin with this letter? */
    Py_buffer states;           /* of the numbers: 1 if the fragment holds no word that is looked for */
    PyObject *wide;             /* the other first characters, or None for any; borrowed */
    uint32_t slots[FIRST_SLOTS]; /* the same, hashed; 0 in a free slot. Not filled if there are none */
    int no_wide, any_wide, counts; /* is no pair looked for, or every one; are positions counted */
    Py_ssize_t position;
    Row *rows;
    size_t count, room;
} Scan;

/* Checks `firsts` and `wide`; besides these, `table`, `states` and `counts` must be set, and `rows`, `count` and `room`
   must be 0 or as a scan has left them. 0, or -1 with an exception. */
int scan_begin(Scan *scan);

/* Finds the rows of a text, in place of those before. 0, or -1 with an exception. */
int scan_text(Scan *scan, PyObject *text);

void scan_end(Scan *scan);

#endif
