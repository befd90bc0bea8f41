/* Reads posting lists window by window: weighted frequencies, summed over the lists of a leaf and saturated. */

#include <stdlib.h>

#include "matching.h"

void clear_matches(Matches *own) {
    for (Py_ssize_t at = 0; at < own->count; at++) {
        own->mark[own->found[at]] = 0;
        own->score[own->found[at]] = 0.0;
    }
    own->count = 0;
}

static inline double count_at(const Cursor *cursor, Py_ssize_t at) {
    switch (cursor->width) {
    case 0:
        return ((const double *)cursor->counts)[at];
    case 1:
        return ((const uint8_t *)cursor->counts)[at];
    case 2:
        return ((const uint16_t *)cursor->counts)[at];
    case 4:
        return ((const uint32_t *)cursor->counts)[at];
    default:
        return (double)((const uint64_t *)cursor->counts)[at];
    }
}

/* Adds the weighted frequencies of a list in the window. Doc ids that are out of order are left out. */
#define ADD_LIST(NAME, TYPE)                                                                                           \
    static void NAME(Cursor *cursor, Matches *own, uint32_t first, uint32_t stop) {                                    \
        const TYPE *counts = cursor->counts;                                                                           \
        const uint32_t *docs = cursor->docs;                                                                           \
        const double *norms = cursor->norms;                                                                           \
        const double weight = cursor->weight;                                                                          \
        Py_ssize_t at = cursor->at, count = own->count;                                                                \
        for (; at < cursor->stop && docs[at] < stop; at++) {                                                           \
            uint32_t doc = docs[at], index = doc - first;                                                              \
            if (doc < first)                                                                                           \
                continue;                                                                                              \
            own->score[index] += weight * (double)counts[at] * norms[doc];                                             \
            own->found[count] = (uint16_t)index;                                                                       \
            count += !own->mark[index];                                                                                \
            own->mark[index] = 1;                                                                                      \
        }                                                                                                              \
        cursor->at = at;                                                                                               \
        own->count = count;                                                                                            \
    }

ADD_LIST(add_bytes, uint8_t)
ADD_LIST(add_shorts, uint16_t)
ADD_LIST(add_longs, uint32_t)
ADD_LIST(add_quads, uint64_t)
ADD_LIST(add_doubles, double)

static void add_list(Cursor *cursor, Matches *own, uint32_t first, uint32_t stop) {
    switch (cursor->width) {
    case 0:
        add_doubles(cursor, own, first, stop);
        break;
    case 1:
        add_bytes(cursor, own, first, stop);
        break;
    case 2:
        add_shorts(cursor, own, first, stop);
        break;
    case 4:
        add_longs(cursor, own, first, stop);
        break;
    default:
        add_quads(cursor, own, first, stop);
    }
}

/* Marks the articles of a list in the window, without frequencies. */
static void mark_list(Cursor *cursor, Matches *own, uint32_t first, uint32_t stop) {
    Py_ssize_t at = cursor->at, count = own->count;
    const uint32_t *docs = cursor->docs;
    for (; at < cursor->stop && docs[at] < stop; at++) {
        uint32_t index = docs[at] - first;
        if (docs[at] < first)
            continue;
        own->found[count] = (uint16_t)index;
        count += !own->mark[index];
        own->mark[index] = 1;
    }
    cursor->at = at;
    own->count = count;
}

static void skip_to(Cursor *cursor, uint32_t doc) {
    if (cursor->at < cursor->stop && cursor->docs[cursor->at] < doc)
        cursor->at = gallop(cursor->docs, cursor->at, cursor->stop, doc);
}

/* `search.ranking.saturation` of each frequency, times the factor of the leaf. What has none left, because a compound
   took it back, does not match. */
static void saturate(Matches *own, double factor, double k1) {
    Py_ssize_t kept = 0;
    for (Py_ssize_t at = 0; at < own->count; at++) {
        uint16_t index = own->found[at];
        double frequency = own->score[index];
        int matches = frequency > 0.0;
        own->mark[index] = (uint16_t)matches;
        own->score[index] = matches ? factor * (k1 + 1.0) * frequency / (frequency + k1) : 0.0;
        own->found[kept] = index;
        kept += matches;
    }
    own->count = kept;
}

void read_leaf(Query *query, Leaf *leaf, Matches *own, int scored) {
    for (Py_ssize_t at = 0; at < leaf->count; at++) {
        Cursor *cursor = &leaf->cursors[at];
        skip_to(cursor, query->first);
        if (scored)
            add_list(cursor, own, query->first, query->stop);
        else if (cursor->weight > 0.0)
            mark_list(cursor, own, query->first, query->stop);
    }
    if (scored)
        saturate(own, leaf->factor, query->k1);
}

static int by_index(const void *one, const void *other) {
    return (int)*(const uint16_t *)one - (int)*(const uint16_t *)other;
}

void look_up_leaf(Query *query, Leaf *leaf, Matches *others, Matches *own, int scored) {
    qsort(others->found, (size_t)others->count, sizeof *others->found, by_index);
    for (Py_ssize_t number = 0; number < leaf->count; number++) {
        Cursor *cursor = &leaf->cursors[number];
        if (!scored && cursor->weight <= 0.0)
            continue;
        for (Py_ssize_t other = 0; other < others->count && cursor->at < cursor->stop; other++) {
            uint16_t index = others->found[other];
            uint32_t doc = query->first + index;
            skip_to(cursor, doc);
            if (cursor->at == cursor->stop || cursor->docs[cursor->at] != doc)
                continue;
            if (scored)
                own->score[index] += cursor->weight * count_at(cursor, cursor->at) * cursor->norms[doc];
            own->found[own->count] = index;
            own->count += !own->mark[index];
            own->mark[index] = 1;
        }
    }
    if (scored)
        saturate(own, leaf->factor, query->k1);
}

Py_ssize_t count_leaf(Query *query, Leaf *leaf, uint32_t size, const uint8_t *live) {
    Py_ssize_t total = 0;
    Matches *own = &query->level[0];
    for (uint32_t first = 0; first < size; first += WINDOW) {
        query->first = first;
        query->stop = size - first < WINDOW ? size : first + WINDOW;
        read_leaf(query, leaf, own, 0);
        for (Py_ssize_t at = 0; at < own->count; at++) {
            total += !live || live[first + own->found[at]];
            own->mark[own->found[at]] = 0;
        }
        own->count = 0;
    }
    return total;
}
