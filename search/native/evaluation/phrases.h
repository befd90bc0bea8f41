/* What the files share that find phrases: phrase_terms.c reads where their terms occur, phrase_spans.c and
   phrase_crowds.c find the places where they occur together, and phrases.c goes through the articles of a segment. */

#ifndef BACKFILE_PHRASES_H
#define BACKFILE_PHRASES_H

#include "kernel.h"

#define PATIENCE 1024 /* articles, or positions of one, between two looks at the clock */

enum { FINE, NO_MEMORY, DAMAGED, LATE, SPENT };

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
    const Word *only; /* the only one of its words that the article has; NULL if it has several */
    uint64_t total; /* how often the article has its words */
    uint64_t only_count; /* how often it has the only one, */
    const void *only_positions; /* and where, in the file */
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
    uint64_t effort, budget, spent; /* comparisons of positions; SPENT before they exceed the budget */
} Phrase;

/* phrase_terms.c */

/* Makes room for `wanted` items of `width` bytes in an array that `items` points to. */
int make_room(void **items, Py_ssize_t *room, Py_ssize_t wanted, size_t width);

/* Takes the extents of the terms in a field. 0, or -1 with an exception. */
int take_parts(const Postings *self, PyObject *terms, uint32_t field, Phrase *phrase);
void free_phrase(Phrase *phrase);

/* The next article from `doc` on that a term has; UINT32_MAX if there is none. */
uint32_t next_doc(const Field *field, Part *part, uint32_t doc);

/* Looks up how many positions a term has in an article, and where they lie: sets `total`, `only` and what belongs to
   it. */
int find_positions(const Field *field, Part *part, uint32_t doc);

/* Reads where a term occurs in an article: each position once, with the highest weight of its words. */
int read_positions(const Field *field, Part *part, uint32_t doc);

/* phrase_pairs.c */

/* How often two terms that have one word each in an article follow each other there, the other one `ahead` positions
   behind the one; -1 if this cannot be told. */
Py_ssize_t count_following(const Field *field, const Part *one, const Part *other, int64_t ahead);

/* How many minimal spans of at most `width` positions they have; -1 if this cannot be told, or if they share a
   position. */
Py_ssize_t count_near(const Field *field, const Part *one, const Part *other, int64_t width);

/* phrase_spans.c, for an article whose positions have been read */

/* Adds the weights of the places where the terms follow each other. */
int add_following(Phrase *phrase, double *total);

/* Adds the weights of the minimal spans of at most `width` positions. 0 if two terms share a position: then each needs
   one of its own, see `add_crowded`. */
int add_near(Phrase *phrase, int64_t width, double form, double *total);

/* phrase_crowds.c */

double seconds_now(void);

/* The same as `add_near` where terms share positions: `search.engines.spans.near`, step by step. */
int add_crowded(Phrase *phrase, int64_t width, double *total);

#endif
