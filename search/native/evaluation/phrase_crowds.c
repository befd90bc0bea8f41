/* Near phrases where terms share positions, because one word fits two of them: each term needs a position of its own. */

#include <stdlib.h>
#include <time.h>

#include "phrases.h"

double seconds_now(void) {
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int by_value(const void *one, const void *other) {
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

/* Lists the positions of all terms, each once, and gives each occurrence its place among them. */
static int list_positions(Phrase *phrase, Py_ssize_t *count) {
    Py_ssize_t all = 0, kept = 0;
    for (Py_ssize_t term = 0; term < phrase->count; term++)
        all += phrase->parts[term].occurrences;
    if (make_room((void **)&phrase->positions, &phrase->position_room, all, sizeof *phrase->positions) != FINE ||
        make_room((void **)&phrase->taken, &phrase->taken_room, all, sizeof *phrase->taken) != FINE ||
        make_room((void **)&phrase->seen, &phrase->seen_room, all, sizeof *phrase->seen) != FINE)
        return NO_MEMORY;
    all = 0;
    for (Py_ssize_t term = 0; term < phrase->count; term++)
        for (Py_ssize_t at = 0; at < phrase->parts[term].occurrences; at++)
            phrase->positions[all++] = phrase->parts[term].found[at].position;
    qsort(phrase->positions, (size_t)all, sizeof *phrase->positions, by_value);
    for (Py_ssize_t at = 0; at < all; at++)
        if (!kept || phrase->positions[kept - 1] != phrase->positions[at])
            phrase->positions[kept++] = phrase->positions[at];
    for (Py_ssize_t term = 0; term < phrase->count; term++) {
        Part *part = &phrase->parts[term];
        for (Py_ssize_t at = 0, place = 0; at < part->occurrences; at++) {
            while (phrase->positions[place] < part->found[at].position)
                place++;
            part->found[at].place = (uint32_t)place;
        }
    }
    *count = kept;
    return FINE;
}

/* Gives a term a position of its own, where need be by giving the one that has it another: an augmenting path. */
static int assign(Phrase *phrase, Py_ssize_t term, int32_t asking) {
    const Part *part = &phrase->parts[term];
    for (Py_ssize_t at = part->first; at < part->stop; at++) {
        uint32_t place = part->found[at].place;
        if (phrase->seen[place] == asking)
            continue;
        phrase->seen[place] = asking;
        if (phrase->taken[place] < 0 || assign(phrase, phrase->taken[place], asking)) {
            phrase->taken[place] = (int32_t)term;
            return 1;
        }
    }
    return 0;
}

/* Whether every term has a position of its own from the place `first` to the place `last`, both included; sets the
   occurrences of each term that lie there. */
static int has_all(Phrase *phrase, Py_ssize_t first, Py_ssize_t last) {
    Py_ssize_t fewest = INT32_MAX;
    for (Py_ssize_t term = 0; term < phrase->count; term++) {
        Part *part = &phrase->parts[term];
        while (part->first < part->occurrences && part->found[part->first].place < first)
            part->first++;
        Py_ssize_t stop = part->first;
        while (stop < part->occurrences && part->found[stop].place <= last)
            stop++;
        part->stop = stop;
        if (stop - part->first < fewest)
            fewest = stop - part->first;
    }
    if (!fewest || last - first + 1 < phrase->count)
        return 0;
    if (fewest >= phrase->count)
        return 1; /* each can choose what no other has */
    for (Py_ssize_t place = first; place <= last; place++)
        phrase->taken[place] = phrase->seen[place] = -1;
    for (Py_ssize_t term = 0; term < phrase->count; term++)
        if (!assign(phrase, term, (int32_t)term))
            return 0;
    return 1;
}

/* The lowest, over the terms, of the best weight that each has from the place `first` to the place `last`. */
static double lowest_weight(const Phrase *phrase, Py_ssize_t first, Py_ssize_t last) {
    double lowest = 1.0;
    for (Py_ssize_t term = 0; term < phrase->count; term++) {
        const Part *part = &phrase->parts[term];
        double best = 0.0;
        Py_ssize_t at = part->first ? part->first - 1 : 0; /* `has_all` may have left out the one at `first` */
        for (; at < part->occurrences && part->found[at].place <= last; at++)
            if (part->found[at].place >= first && part->found[at].weight > best)
                best = part->found[at].weight;
        if (best < lowest)
            lowest = best;
    }
    return lowest;
}

int add_crowded(Phrase *phrase, int64_t width, double *total) {
    Py_ssize_t count, end = 0, limit = 0;
    if (list_positions(phrase, &count) != FINE)
        return NO_MEMORY;
    for (Py_ssize_t term = 0; term < phrase->count; term++)
        phrase->parts[term].first = 0;
    for (Py_ssize_t at = 0; at < count; at++) {
        if (at % PATIENCE == PATIENCE - 1 && seconds_now() > phrase->end)
            return LATE;
        end = end > at ? end : at;
        while (limit < count && phrase->positions[limit] < phrase->positions[at] + width)
            limit++;
        while (end < limit && !has_all(phrase, at, end))
            end++;
        if (end < limit && (at + 1 > end || !has_all(phrase, at + 1, end)))
            *total += lowest_weight(phrase, at, end);
    }
    return FINE;
}
