/* Where the terms of a phrase occur together in an article. */

#include "phrases.h"

/* The sum of the weights of the places where the terms follow each other: the others are looked for around each
   occurrence of the one that the article has least of. */
int add_following(Phrase *phrase, double *total) {
    Py_ssize_t least = 0, kept = 0;
    for (Py_ssize_t at = 1; at < phrase->count; at++)
        if (phrase->parts[at].occurrences < phrase->parts[least].occurrences)
            least = at;
    const Part *rarest = &phrase->parts[least];
    if (make_room((void **)&phrase->starts, &phrase->start_room, rarest->occurrences, sizeof *phrase->starts) != FINE)
        return NO_MEMORY;
    for (Py_ssize_t at = 0; at < rarest->occurrences; at++)
        if (rarest->found[at].position >= (uint32_t)least) {
            phrase->starts[kept] = rarest->found[at];
            phrase->starts[kept++].position -= (uint32_t)least;
        }
    for (Py_ssize_t term = 0; term < phrase->count && kept; term++) {
        const Part *part = &phrase->parts[term];
        Py_ssize_t at = 0, still = 0;
        if (term == least)
            continue;
        for (Py_ssize_t start = 0; start < kept; start++) {
            uint64_t wanted = (uint64_t)phrase->starts[start].position + (uint64_t)term;
            while (at < part->occurrences && part->found[at].position < wanted)
                at++;
            if (at < part->occurrences && part->found[at].position == wanted) {
                Occurrence both = phrase->starts[start];
                if (part->found[at].weight < both.weight)
                    both.weight = part->found[at].weight;
                phrase->starts[still++] = both;
            }
        }
        kept = still;
    }
    for (Py_ssize_t at = 0; at < kept; at++)
        *total += phrase->starts[at].weight;
    return FINE;
}

/* The lowest, over the terms, of the best weight that each has from `begin` on. A term weighs 1 where it is spelled
   exactly, and as much as its other forms elsewhere. */
static double span_weight(const Phrase *phrase, int64_t begin, double form) {
    for (Py_ssize_t term = 0; term < phrase->count; term++)
        if (phrase->last_exact[term] < begin)
            return form;
    return 1.0;
}

/* The sum of the weights of the minimal spans of at most `width` positions. Of the spans that end at a position, the
   shortest begins at the earliest of the terms' latest occurrences; it is minimal if none that ends earlier begins
   there too. */
int add_near(Phrase *phrase, int64_t width, double form, double *total) {
    int64_t before = -1;
    for (Py_ssize_t term = 0; term < phrase->count; term++) {
        phrase->next[term] = 0;
        phrase->last[term] = phrase->last_exact[term] = -1;
    }
    for (;;) {
        Py_ssize_t first = -1, sharing = 0;
        int64_t position = INT64_MAX, begin = INT64_MAX;
        for (Py_ssize_t term = 0; term < phrase->count; term++) {
            const Part *part = &phrase->parts[term];
            if (phrase->next[term] == part->occurrences)
                continue;
            int64_t own = part->found[phrase->next[term]].position;
            sharing += own == position;
            if (own < position) {
                position = own;
                first = term;
                sharing = 0;
            }
        }
        if (first < 0)
            return 1;
        if (sharing) {
            return 0;
        }
        phrase->last[first] = position;
        if (phrase->parts[first].found[phrase->next[first]++].weight >= 1.0)
            phrase->last_exact[first] = position;
        for (Py_ssize_t term = 0; term < phrase->count; term++)
            if (phrase->last[term] < begin)
                begin = phrase->last[term];
        if (begin > before) {
            before = begin;
            if (position - begin < width)
                *total += span_weight(phrase, begin, form);
        }
    }
}
