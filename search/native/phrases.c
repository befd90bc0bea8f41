/* Where the terms of a phrase occur together in one field of a segment, as `search.engines.spans` defines it.

   Article by article: those that have all terms are found by leaping from list to list, and only their positions are
   read. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel.h"

#define PATIENCE 1024 /* articles between two looks at the clock */

/* The postings of one word: next is posting `at`, whose positions begin at `ahead`. */
typedef struct {
    Py_ssize_t at, stop;
    uint64_t ahead;
    double weight;
} Word;

typedef struct {
    uint32_t position, place; /* `place`: among the positions of all terms, where terms share some */
    double weight;
} Occurrence;

/* A term of the phrase: its words, and where it occurs in the article that is looked at. */
typedef struct {
    Word *words;
    Py_ssize_t count;
    uint64_t size; /* postings of all its words */
    Occurrence *found;
    Py_ssize_t room, occurrences;
    Py_ssize_t first, stop; /* of `found`, those within a span */
} Part;

typedef struct {
    const Field *field;
    Part *parts;
    Py_ssize_t count;
    Part *rarest;
    Occurrence *starts;
    Py_ssize_t start_room;
    Py_ssize_t *next;          /* for near phrases: the next occurrence of each term */
    int64_t *last, *last_exact; /* and its last ones */
    uint32_t *positions;        /* where terms share positions: those of all terms, each once */
    Py_ssize_t position_room;
    int32_t *taken, *seen; /* for each position the term it is given to, and the last term that asked for it */
    Py_ssize_t taken_room, seen_room;
    double end; /* the time until which there is */
} Phrase;

/* What was found: the articles with the sums of the weights. */
typedef struct {
    uint32_t *docs;
    double *weights;
    Py_ssize_t count, room;
} Found;

enum { FINE, NO_MEMORY, DAMAGED, LATE };

/* Makes room for `wanted` items of `width` bytes in an array that `items` points to. */
static int make_room(void **items, Py_ssize_t *room, Py_ssize_t wanted, size_t width) {
    if (wanted <= *room)
        return FINE;
    Py_ssize_t more = wanted < 64 ? 64 : 2 * wanted;
    void *larger = realloc(*items, (size_t)more * width);
    if (!larger)
        return NO_MEMORY;
    *items = larger;
    *room = more;
    return FINE;
}

/* Moves on to the first posting that is not before `doc`, and past the positions of those between. */
static void leap(const Field *field, Word *word, uint32_t doc) {
    Py_ssize_t at = gallop(field->docs.view.buf, word->at, word->stop, doc);
    uint64_t passed = 0;
    if (field->counts.width == 1) {
        const uint8_t *counts = field->counts.view.buf;
        for (Py_ssize_t each = word->at; each < at; each++)
            passed += counts[each];
    } else {
        for (Py_ssize_t each = word->at; each < at; each++)
            passed += unsigned_at(&field->counts, each);
    }
    word->ahead += passed;
    word->at = at;
}

/* The next article from `doc` on that a term has; UINT32_MAX if there is none. */
static uint32_t next_doc(const Field *field, Part *part, uint32_t doc) {
    const uint32_t *docs = field->docs.view.buf;
    uint32_t least = UINT32_MAX;
    for (Py_ssize_t at = 0; at < part->count; at++) {
        Word *word = &part->words[at];
        if (word->at < word->stop && docs[word->at] < doc)
            leap(field, word, doc);
        if (word->at < word->stop && docs[word->at] >= doc && docs[word->at] < least)
            least = docs[word->at];
    }
    return least;
}

static int by_position(const void *one, const void *other) {
    const Occurrence *a = one, *b = other;
    return (a->position > b->position) - (a->position < b->position);
}

/* Reads where a term occurs in an article: each position once, with the highest weight of its words. */
static int read_positions(const Field *field, Part *part, uint32_t doc) {
    const uint32_t *docs = field->docs.view.buf;
    Py_ssize_t used = 0, words = 0, kept = 0;
    for (Py_ssize_t number = 0; number < part->count; number++) {
        Word *word = &part->words[number];
        if (word->at >= word->stop || docs[word->at] != doc)
            continue;
        uint64_t size = unsigned_at(&field->counts, word->at);
        if (word->ahead > (uint64_t)field->positions.items || size > (uint64_t)field->positions.items - word->ahead)
            return DAMAGED;
        if (make_room((void **)&part->found, &part->room, used + (Py_ssize_t)size, sizeof *part->found) != FINE)
            return NO_MEMORY;
        for (uint64_t at = 0; at < size; at++) {
            part->found[used].position = (uint32_t)unsigned_at(&field->positions, (Py_ssize_t)(word->ahead + at));
            part->found[used++].weight = word->weight;
        }
        words++;
    }
    if (words > 1) {
        qsort(part->found, (size_t)used, sizeof *part->found, by_position);
        for (Py_ssize_t at = 0; at < used; at++) {
            if (kept && part->found[kept - 1].position == part->found[at].position) {
                if (part->found[kept - 1].weight < part->found[at].weight)
                    part->found[kept - 1].weight = part->found[at].weight;
            } else {
                part->found[kept++] = part->found[at];
            }
        }
        used = kept;
    }
    part->occurrences = used;
    return FINE;
}

/* The sum of the weights of the places where the terms follow each other: the others are looked for around each
   occurrence of the one that the article has least of. */
static int ordered(Phrase *phrase, double *total) {
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
   there too. 0 in `apart` if two terms share a position: then each needs one of its own, see `near_crowded`. */
static void near(Phrase *phrase, int64_t width, double form, double *total, int *apart) {
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
            return;
        if (sharing) {
            *apart = 0;
            return;
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

/* Near phrases whose terms share positions */

static double seconds_now(void) {
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

/* The same as `near` where terms share positions: `search.engines.spans.near`, step by step. */
static int near_crowded(Phrase *phrase, int64_t width, double *total) {
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

static int keep(Found *found, uint32_t doc, double weight) {
    if (found->count == found->room) {
        Py_ssize_t room = found->room, same = found->room;
        if (make_room((void **)&found->docs, &room, found->count + 1, sizeof *found->docs) != FINE ||
            make_room((void **)&found->weights, &same, found->count + 1, sizeof *found->weights) != FINE)
            return NO_MEMORY;
        found->room = room;
    }
    found->docs[found->count] = doc;
    found->weights[found->count++] = weight;
    return FINE;
}

/* One article that has all terms. */
static int read_article(Phrase *phrase, uint32_t doc, int64_t width, double form, Found *found) {
    double total = 0.0;
    int apart = 1, result = FINE;
    for (Py_ssize_t term = 0; term < phrase->count && result == FINE; term++)
        result = read_positions(phrase->field, &phrase->parts[term], doc);
    if (result != FINE)
        return result;
    if (width < 0)
        result = ordered(phrase, &total);
    else
        near(phrase, width, form, &total, &apart);
    if (result != FINE)
        return result;
    if (!apart) {
        total = 0.0;
        result = near_crowded(phrase, width, &total);
    }
    if (result != FINE)
        return result;
    return total > 0.0 ? keep(found, doc, total) : FINE;
}

static int read_all(Phrase *phrase, uint32_t size, int64_t width, double form, double seconds, Found *found) {
    uint32_t doc = 0;
    phrase->end = seconds_now() + seconds;
    for (Py_ssize_t looked = 1;; looked++) {
        doc = next_doc(phrase->field, phrase->rarest, doc);
        if (doc >= size)
            return FINE;
        uint32_t furthest = doc;
        for (Py_ssize_t term = 0; term < phrase->count && furthest == doc; term++)
            if (&phrase->parts[term] != phrase->rarest)
                furthest = next_doc(phrase->field, &phrase->parts[term], doc);
        if (looked % PATIENCE == 0 && seconds_now() > phrase->end)
            return LATE;
        if (furthest > doc) {
            doc = furthest;
            continue;
        }
        int result = read_article(phrase, doc, width, form, found);
        if (result != FINE)
            return result;
        doc++;
    }
}

/* The words of a term in the field. */
static int take_part(const Postings *self, PyObject *bytes, uint32_t field, Part *part) {
    const Extent *extents;
    Py_ssize_t count;
    if (take_extents(self, bytes, &extents, &count) < 0)
        return -1;
    part->words = calloc((size_t)count + 1, sizeof *part->words);
    if (!part->words) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t at = 0; at < count; at++) {
        const Extent *extent = &extents[at];
        if (extent->field != field)
            continue;
        Word *word = &part->words[part->count++];
        word->at = (Py_ssize_t)extent->start;
        word->stop = (Py_ssize_t)extent->stop;
        word->ahead = unsigned_at(&self->field[field].position_starts, extent->row);
        word->weight = extent->weight;
        part->size += extent->stop - extent->start;
    }
    return 0;
}

static int take_parts(const Postings *self, PyObject *terms, uint32_t field, Phrase *phrase) {
    phrase->count = PyTuple_Size(terms);
    phrase->parts = calloc((size_t)phrase->count + 1, sizeof *phrase->parts);
    phrase->next = calloc((size_t)phrase->count + 1, sizeof *phrase->next);
    phrase->last = calloc((size_t)phrase->count + 1, sizeof *phrase->last);
    phrase->last_exact = calloc((size_t)phrase->count + 1, sizeof *phrase->last_exact);
    if (!phrase->parts || !phrase->next || !phrase->last || !phrase->last_exact) {
        PyErr_NoMemory();
        return -1;
    }
    phrase->field = &self->field[field];
    phrase->rarest = phrase->parts;
    for (Py_ssize_t at = 0; at < phrase->count; at++) {
        if (take_part(self, PyTuple_GetItem(terms, at), field, &phrase->parts[at]) < 0)
            return -1;
        if (phrase->parts[at].size < phrase->rarest->size)
            phrase->rarest = &phrase->parts[at];
    }
    return 0;
}

static PyObject *result_of(int result, const Found *found) {
    if (result == NO_MEMORY)
        return PyErr_NoMemory();
    if (result == DAMAGED) {
        PyErr_SetString(PyExc_ValueError, "its positions do not fit together");
        return NULL;
    }
    if (result == LATE)
        Py_RETURN_NONE;
    return Py_BuildValue("y#y#", found->docs ? (const char *)found->docs : "",
                         found->count * (Py_ssize_t)sizeof *found->docs,
                         found->weights ? (const char *)found->weights : "",
                         found->count * (Py_ssize_t)sizeof *found->weights);
}

/* phrase(field, terms, width, form, seconds) -> (docs, weights), or None once the seconds are over

   field    the ordinal of the field to read
   terms    for each its extents, also those in other fields
   width    how many positions a near phrase may span; -1: the terms follow each other
   form     the weight of a near phrase that is not spelled exactly
   docs     the articles (uint32, ascending), each with the sum of the weights of its occurrences (float64) */
PyObject *postings_phrase(Postings *self, PyObject *args) {
    PyObject *terms, *answer = NULL;
    unsigned int field;
    long long width;
    double form, seconds;
    if (!PyArg_ParseTuple(args, "IO!Ldd", &field, &PyTuple_Type, &terms, &width, &form, &seconds))
        return NULL;
    if (field >= (unsigned int)self->fields) {
        PyErr_SetString(PyExc_ValueError, "there is no such field");
        return NULL;
    }
    Phrase phrase;
    Found found;
    memset(&phrase, 0, sizeof phrase);
    memset(&found, 0, sizeof found);
    Py_ssize_t taken = PyTuple_Size(terms);
    if (take_parts(self, terms, field, &phrase) == 0) {
        int result = FINE;
        Py_BEGIN_ALLOW_THREADS
        if (phrase.count && phrase.rarest->size)
            result = read_all(&phrase, self->size, width, form, seconds, &found);
        Py_END_ALLOW_THREADS
        answer = result_of(result, &found);
    }
    for (Py_ssize_t at = 0; phrase.parts && at < taken; at++) {
        free(phrase.parts[at].words);
        free(phrase.parts[at].found);
    }
    free(phrase.parts);
    free(phrase.next);
    free(phrase.last);
    free(phrase.last_exact);
    free(phrase.starts);
    free(phrase.positions);
    free(phrase.taken);
    free(phrase.seen);
    free(found.docs);
    free(found.weights);
    return answer;
}
