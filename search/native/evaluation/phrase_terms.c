/* Where the terms of a phrase occur: the articles of each, and its positions in one of them. */

#include <stdlib.h>
#include <string.h>

#include "phrases.h"

int make_room(void **items, Py_ssize_t *room, Py_ssize_t wanted, size_t width) {
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

uint32_t next_doc(const Field *field, Part *part, uint32_t doc) {
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

/* Whether the positions of the posting that a word is at lie in the file. */
static int fit(const Field *field, const Word *word, uint64_t size) {
    return word->ahead <= (uint64_t)field->positions.items && size <= (uint64_t)field->positions.items - word->ahead;
}

int find_positions(const Field *field, Part *part, uint32_t doc) {
    const uint32_t *docs = field->docs.view.buf;
    int words = 0;
    part->only = NULL;
    part->total = 0;
    for (Py_ssize_t number = 0; number < part->count; number++) {
        const Word *word = &part->words[number];
        if (word->at >= word->stop || docs[word->at] != doc)
            continue;
        part->only_count = unsigned_at(&field->counts, word->at);
        part->total += part->only_count;
        part->only = words++ ? NULL : word;
    }
    if (!part->only)
        return FINE;
    if (!fit(field, part->only, part->only_count))
        return DAMAGED;
    part->only_positions = (const char *)field->positions.view.buf + part->only->ahead * (uint64_t)field->positions.width;
    return FINE;
}

int read_positions(const Field *field, Part *part, uint32_t doc) {
    const uint32_t *docs = field->docs.view.buf;
    Py_ssize_t used = 0, words = 0, kept = 0;
    for (Py_ssize_t number = 0; number < part->count; number++) {
        Word *word = &part->words[number];
        if (word->at >= word->stop || docs[word->at] != doc)
            continue;
        uint64_t size = unsigned_at(&field->counts, word->at);
        if (!fit(field, word, size))
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

int take_parts(const Postings *self, PyObject *terms, uint32_t field, Phrase *phrase) {
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


void free_phrase(Phrase *phrase) {
    for (Py_ssize_t at = 0; phrase->parts && at < phrase->count; at++) {
        free(phrase->parts[at].words);
        free(phrase->parts[at].found);
    }
    free(phrase->parts);
    free(phrase->next);
    free(phrase->last);
    free(phrase->last_exact);
    free(phrase->starts);
    free(phrase->positions);
    free(phrase->taken);
    free(phrase->seen);
}
