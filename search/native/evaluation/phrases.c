/* Where the terms of a phrase occur together in one field of a segment, as `search.engines.spans` defines it.

   Article by article: those that have all terms are found by leaping from list to list, and only their positions are
   read. */

#include <stdlib.h>
#include <string.h>

#include "phrases.h"

/* What was found: the articles with the sums of the weights. */
typedef struct {
    uint32_t *docs;
    double *weights;
    Py_ssize_t count, room;
} Found;

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

/* The two terms that the article has least often, of those that have one word there; fewer if there are not two. */
static int rarest_pair(const Phrase *phrase, Py_ssize_t *pair) {
    int held = 0;
    for (Py_ssize_t at = 0; at < phrase->count; at++) {
        const Part *part = &phrase->parts[at];
        if (!part->only)
            continue;
        if (held < 2)
            pair[held++] = at;
        else if (part->only_count < phrase->parts[pair[1]].only_count)
            pair[1] = at;
        if (held == 2 && phrase->parts[pair[1]].only_count < phrase->parts[pair[0]].only_count) {
            Py_ssize_t rarest = pair[1];
            pair[1] = pair[0];
            pair[0] = rarest;
        }
    }
    return held;
}

/* Looks at two terms alone, in the file. 1 if that settles the article, since the phrase has no other terms or these
   are nowhere close enough; then `total` is what its places weigh. */
static int settle_by_pair(const Phrase *phrase, int64_t width, double form, double *total) {
    Py_ssize_t pair[2];
    if (rarest_pair(phrase, pair) < 2)
        return 0;
    const Part *one = &phrase->parts[pair[0]], *other = &phrase->parts[pair[1]];
    double first = one->only->weight, second = other->only->weight, lower = first < second ? first : second;
    Py_ssize_t places = width < 0 ? count_following(phrase->field, one, other, pair[1] - pair[0])
                                  : count_near(phrase->field, one, other, width);
    if (places < 0 || (places && phrase->count > 2))
        return 0;
    double weight = width < 0 ? lower : lower >= 1.0 ? 1.0 : form;
    if (weight == 1.0)
        *total = (double)places;
    else
        for (Py_ssize_t place = 0; place < places; place++)
            *total += weight; /* what others give who add them up one by one, to the last bit */
    return 1;
}

/* The weight of all places of the phrase in one article that has all terms. */
static int weigh_article(Phrase *phrase, uint32_t doc, int64_t width, double form, double *total) {
    int result = FINE;
    for (Py_ssize_t term = 0; term < phrase->count && result == FINE; term++)
        result = find_positions(phrase->field, &phrase->parts[term], doc);
    for (Py_ssize_t term = 0; term < phrase->count; term++)
        phrase->spent += phrase->parts[term].total * phrase->effort;
    if (result == FINE && phrase->spent > phrase->budget)
        return SPENT;
    if (result != FINE || settle_by_pair(phrase, width, form, total))
        return result;
    for (Py_ssize_t term = 0; term < phrase->count && result == FINE; term++)
        result = read_positions(phrase->field, &phrase->parts[term], doc);
    if (result != FINE)
        return result;
    if (width < 0)
        return add_following(phrase, total);
    if (add_near(phrase, width, form, total))
        return FINE;
    *total = 0.0;
    return add_crowded(phrase, width, total);
}

/* The articles from `doc` to before `stop`. */
static int read_all(Phrase *phrase, uint32_t doc, uint32_t stop, int64_t width, double form, Found *found) {
    for (Py_ssize_t looked = 1;; looked++) {
        doc = next_doc(phrase->field, phrase->rarest, doc);
        if (doc >= stop)
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
        double total = 0.0;
        int result = weigh_article(phrase, doc, width, form, &total);
        if (result == FINE && total > 0.0)
            result = keep(found, doc, total);
        if (result != FINE)
            return result;
        doc++;
    }
}

static PyObject *result_of(int result, const Phrase *phrase, const Found *found) {
    if (result == NO_MEMORY)
        return PyErr_NoMemory();
    if (result == DAMAGED) {
        PyErr_SetString(PyExc_ValueError, "its positions do not fit together");
        return NULL;
    }
    if (result == LATE)
        Py_RETURN_NONE;
    return Py_BuildValue("y#y#KO", found->docs ? (const char *)found->docs : "",
                         found->count * (Py_ssize_t)sizeof *found->docs,
                         found->weights ? (const char *)found->weights : "",
                         found->count * (Py_ssize_t)sizeof *found->weights, (unsigned long long)phrase->spent,
                         result == SPENT ? Py_False : Py_True);
}

/* phrase(field, terms, width, form, first, stop, effort, budget, seconds) -> (docs, weights, spent, whole), or None once the
   seconds are over

   field    the ordinal of the field to read
   terms    for each its extents, also those in other fields
   width    how many positions a near phrase may span; -1: the terms follow each other
   form     the weight of a near phrase that is not spelled exactly
   first    of the articles that are looked at; those from `stop` on are not
   budget   so many comparisons may be made: an article takes `effort` for each position of its terms; what follows the article that would exceed it is left out
   docs     the articles (uint32, ascending), each with the sum of the weights of its occurrences (float64)
   spent    how much of the budget
   whole    whether nothing was left out */
PyObject *postings_phrase(Postings *self, PyObject *args) {
    PyObject *terms, *answer = NULL;
    unsigned int field;
    long long width;
    double form, seconds;
    unsigned int first, stop;
    unsigned long long effort, budget;
    if (!PyArg_ParseTuple(args, "IO!LdIIKKd", &field, &PyTuple_Type, &terms, &width, &form, &first, &stop, &effort,
                          &budget, &seconds))
        return NULL;
    if (field >= (unsigned int)self->fields) {
        PyErr_SetString(PyExc_ValueError, "there is no such field");
        return NULL;
    }
    if (width > (long long)UINT32_MAX + 1)
        width = (long long)UINT32_MAX + 1; /* no position is further off */
    Phrase phrase;
    Found found;
    memset(&phrase, 0, sizeof phrase);
    memset(&found, 0, sizeof found);
    phrase.effort = effort;
    phrase.budget = budget;
    phrase.end = seconds_now() + seconds;
    if (take_parts(self, terms, field, &phrase) == 0) {
        int result = FINE;
        Py_BEGIN_ALLOW_THREADS
        if (phrase.count && phrase.rarest->size)
            result = read_all(&phrase, first, stop < self->size ? stop : self->size, width, form, &found);
        Py_END_ALLOW_THREADS
        answer = result_of(result, &phrase, &found);
    }
    free_phrase(&phrase);
    free(found.docs);
    free(found.weights);
    return answer;
}
