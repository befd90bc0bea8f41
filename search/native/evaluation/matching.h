/* What the three files share that evaluate a query: posting_lists.c reads, matching.c combines, programs.c checks what
   Python hands over. */

#ifndef BACKFILE_MATCHING_H
#define BACKFILE_MATCHING_H

#include "kernel.h"

#define WINDOW 4096
#define MAX_DEPTH 64

/* The program: the nodes of the query, each before its children. */

enum { ALL, NONE, LEAF, MASK, NOT, EVERY, ANY, BEST };

typedef struct {
    int32_t kind;
    int32_t number;   /* of the leaf or the mask */
    int32_t least;    /* of an ANY: so many children must match */
    int32_t children;
} Node;

typedef struct {
    const uint32_t *docs;
    const void *counts;
    Py_ssize_t width; /* bytes of a count; 0 for a double */
    Py_ssize_t at, stop;
    double weight;
    const double *norms; /* of the list's field, for each article; NULL where nothing is scored */
} Cursor;

typedef struct {
    Cursor *cursors;
    Py_ssize_t count;
    double factor;
} Leaf;

/* What a node matches in a window: `found` lists the articles, in no order; `mark` is not 0 for these, and `score` is
   their score. Everything else is 0. */
typedef struct {
    double *score;
    uint16_t *mark, *found;
    Py_ssize_t count;
} Matches;

typedef struct {
    const Node *nodes;
    int32_t *spans; /* how many nodes each has below it, itself included */
    int32_t count;
    Leaf *leaves;
    Py_ssize_t leaf_count;
    Array *masks;
    Py_ssize_t mask_count;
    double k1;
    int scored;
    Matches level[MAX_DEPTH];
    uint32_t first, stop; /* the window */
} Query;

/* Sets the marks and scores of what was found back to 0. */
void clear_matches(Matches *own);

/* What a leaf matches in the window, with its scores. */
void read_leaf(Query *query, Leaf *leaf, Matches *own, int scored);

/* The same, only for the few articles of `others`, each looked up. */
void look_up_leaf(Query *query, Leaf *leaf, Matches *others, Matches *own, int scored);

/* Runs the program over all articles: sets `matches`, and `scores` if there are any. Returns how many match. */
Py_ssize_t run_program(Query *query, uint32_t size, const uint8_t *live, uint8_t *matches, double *scores);

/* How many live articles a leaf has. */
Py_ssize_t count_leaf(Query *query, Leaf *leaf, uint32_t size, const uint8_t *live);

#endif
