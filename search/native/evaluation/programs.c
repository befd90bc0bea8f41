/* Checks and takes what Python hands over to evaluate a query, and starts the evaluation. */

#include <stdlib.h>
#include <string.h>

#include "matching.h"

/* Checks the node at `at` and what is below it, and notes the spans. The deepest level it needs, or -1. */
static int check_node(Query *query, int32_t at, int depth) {
    if (at >= query->count || depth + 1 >= MAX_DEPTH)
        return -1;
    const Node *node = &query->nodes[at];
    int children = node->kind >= EVERY ? node->children : node->kind == NOT;
    if (node->kind < ALL || node->kind > BEST || children < 0 || children > UINT16_MAX)
        return -1;
    if (node->kind == LEAF && (node->number < 0 || node->number >= query->leaf_count))
        return -1;
    if (node->kind == MASK && (node->number < 0 || node->number >= query->mask_count))
        return -1;
    int32_t next = at + 1;
    int deepest = depth;
    for (int child = 0; child < children; child++) {
        int needed = check_node(query, next, depth + (child || node->kind == NOT));
        if (needed < 0)
            return -1;
        deepest = needed > deepest ? needed : deepest;
        next += query->spans[next];
    }
    query->spans[at] = next - at;
    return children > 1 && deepest == depth ? depth + 1 : deepest;
}

/* The buffers of the lists in memory of all leaves, to be given back. */
typedef struct {
    Array *items;
    Py_ssize_t count;
} Taken;

static const double *norms_of(const Array *norms, int fields, uint32_t field) {
    return norms && (int)field < fields ? norms[field].view.buf : NULL;
}

static int take_list(const Postings *self, PyObject *list, const Array *norms, Cursor *cursor, Taken *taken) {
    unsigned int field;
    PyObject *docs, *counts;
    if (!PyArg_ParseTuple(list, "IdOO", &field, &cursor->weight, &docs, &counts))
        return -1;
    Array *own = &taken->items[taken->count];
    taken->count += 2;
    if (take_array(docs, &own[0], UNSIGNED, 4, 0) < 0 || take_array(counts, &own[1], DOUBLE, 8, 0) < 0)
        return -1;
    if (own[0].items != own[1].items || field >= (unsigned int)self->fields) {
        PyErr_SetString(PyExc_ValueError, "a posting list does not fit the segment");
        return -1;
    }
    cursor->docs = own[0].view.buf;
    cursor->counts = own[1].view.buf;
    cursor->width = 0;
    cursor->stop = own[0].items;
    cursor->norms = norms_of(norms, self->fields, field);
    return 0;
}

static void take_extent(const Postings *self, const Extent *extent, const Array *norms, Cursor *cursor) {
    const Field *field = &self->field[extent->field];
    cursor->docs = field->docs.view.buf;
    cursor->counts = field->counts.view.buf;
    cursor->width = field->counts.width;
    cursor->at = (Py_ssize_t)extent->start;
    cursor->stop = (Py_ssize_t)extent->stop;
    cursor->weight = extent->weight;
    cursor->norms = norms_of(norms, self->fields, extent->field);
}

/* The cursors over the extents (bytes) and the lists in memory (a tuple) of a leaf. */
static int take_leaf(const Postings *self, PyObject *bytes, PyObject *lists, const Array *norms, Leaf *leaf,
                     Taken *taken) {
    const Extent *extents;
    Py_ssize_t count, extra = PyTuple_Size(lists);
    if (extra < 0 || take_extents(self, bytes, &extents, &count) < 0)
        return -1;
    if (extra) {
        Array *larger = realloc(taken->items, (size_t)(taken->count + 2 * extra) * sizeof *larger);
        if (!larger) {
            PyErr_NoMemory();
            return -1;
        }
        memset(larger + taken->count, 0, (size_t)(2 * extra) * sizeof *larger);
        taken->items = larger;
    }
    leaf->cursors = calloc((size_t)(count + extra + 1), sizeof *leaf->cursors);
    if (!leaf->cursors) {
        PyErr_NoMemory();
        return -1;
    }
    for (; leaf->count < count; leaf->count++)
        take_extent(self, &extents[leaf->count], norms, &leaf->cursors[leaf->count]);
    for (Py_ssize_t at = 0; at < extra; at++, leaf->count++)
        if (take_list(self, PyTuple_GetItem(lists, at), norms, &leaf->cursors[leaf->count], taken) < 0)
            return -1;
    return 0;
}

static void release_taken(Taken *taken) {
    for (Py_ssize_t at = 0; at < taken->count; at++)
        give_back(&taken->items[at]);
    free(taken->items);
}

static int take_leaves(const Postings *self, PyObject *leaves, const Array *norms, Query *query, Taken *taken) {
    query->leaf_count = PyTuple_Size(leaves);
    query->leaves = calloc((size_t)query->leaf_count + 1, sizeof *query->leaves);
    if (!query->leaves) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t at = 0; at < query->leaf_count; at++) {
        PyObject *extents, *lists;
        Leaf *leaf = &query->leaves[at];
        if (!PyArg_ParseTuple(PyTuple_GetItem(leaves, at), "SO!d", &extents, &PyTuple_Type, &lists, &leaf->factor) ||
            take_leaf(self, extents, lists, norms, leaf, taken) < 0)
            return -1;
    }
    return 0;
}

/* Arrays with one item for each article: bytes, or doubles. */
static int take_column(const Postings *self, PyObject *object, Array *array, int doubles, int writable) {
    if (take_array(object, array, doubles ? DOUBLE : UNSIGNED, doubles ? 8 : 1, writable) < 0)
        return -1;
    if (array->items != (Py_ssize_t)self->size) {
        PyErr_SetString(PyExc_ValueError, "an array does not have one item for each article of the segment");
        return -1;
    }
    return 0;
}

static int take_columns(const Postings *self, PyObject *tuple, Array *arrays, Py_ssize_t count, int doubles) {
    for (Py_ssize_t at = 0; at < count; at++) {
        PyObject *object = PyTuple_GetItem(tuple, at);
        if (object != Py_None && take_column(self, object, &arrays[at], doubles, 0) < 0)
            return -1;
    }
    return 0;
}

static int take_program(Query *query, const char *program, Py_ssize_t size, int *deepest) {
    query->nodes = (const Node *)program;
    query->count = (int32_t)(size / (Py_ssize_t)sizeof(Node));
    query->spans = calloc((size_t)query->count + 1, sizeof *query->spans);
    if (!query->spans) {
        PyErr_NoMemory();
        return -1;
    }
    *deepest = check_node(query, 0, 0);
    if (*deepest < 0 || query->spans[0] != query->count) {
        PyErr_SetString(PyExc_ValueError, "this is no program of a query");
        return -1;
    }
    return 0;
}

static int make_levels(Query *query, int deepest, uint32_t size, char **memory) {
    size_t items = (size < WINDOW ? size : WINDOW) + 8, own = items * (sizeof(double) + 2 * sizeof(uint16_t));
    own = (own + 63) & ~(size_t)63;
    char *room = *memory = calloc((size_t)deepest + 1, own);
    if (!room) {
        PyErr_NoMemory();
        return -1;
    }
    for (int level = 0; level <= deepest; level++, room += own) {
        query->level[level].score = (double *)room;
        query->level[level].mark = (uint16_t *)(room + items * sizeof(double));
        query->level[level].found = query->level[level].mark + items;
    }
    return 0;
}

/* evaluate(program, k1, norms, leaves, masks, live, matches, scores) -> total

   program  bytes of nodes, each four int32
   k1       of BM25
   norms    for each text field the weight of an occurrence in each article (float64); empty if nothing is scored
   leaves   for each its extents, its lists in memory (field, weight, docs, counts as float64), and its factor
   masks    bytes, one for each article
   live     bytes, or None: which articles are not deleted
   matches  bytes of 0, to be set to 1 for what matches
   scores   float64 of 0, to be set; or None

   Returns how many articles match. */
PyObject *postings_evaluate(Postings *self, PyObject *args) {
    const char *program;
    Py_ssize_t size, total = -1;
    PyObject *norms, *leaves, *masks, *live, *matches, *scores;
    Query query;
    memset(&query, 0, sizeof query);
    if (!PyArg_ParseTuple(args, "y#dO!O!O!OOO", &program, &size, &query.k1, &PyTuple_Type, &norms, &PyTuple_Type,
                          &leaves, &PyTuple_Type, &masks, &live, &matches, &scores))
        return NULL;
    Array norm[MAX_FIELDS] = {0}, alive = {0}, matched = {0}, scored = {0};
    Taken taken = {NULL, 0};
    char *memory = NULL;
    int deepest = 0;
    query.scored = scores != Py_None;
    query.mask_count = PyTuple_Size(masks);
    query.masks = calloc((size_t)query.mask_count + 1, sizeof *query.masks);
    if (!query.masks) {
        PyErr_NoMemory();
        goto done;
    }
    Py_ssize_t fields = query.scored ? self->fields : 0;
    if (PyTuple_Size(norms) < fields) {
        PyErr_SetString(PyExc_ValueError, "the norms of a field are missing");
        goto done;
    }
    if (take_columns(self, norms, norm, fields, 1) < 0 ||
        take_columns(self, masks, query.masks, query.mask_count, 0) < 0 ||
        (live != Py_None && take_column(self, live, &alive, 0, 0) < 0) ||
        take_column(self, matches, &matched, 0, 1) < 0 ||
        (query.scored && take_column(self, scores, &scored, 1, 1) < 0) ||
        take_leaves(self, leaves, query.scored ? norm : NULL, &query, &taken) < 0 ||
        take_program(&query, program, size, &deepest) < 0 || make_levels(&query, deepest, self->size, &memory) < 0)
        goto done;
    for (Py_ssize_t leaf = 0; leaf < query.leaf_count && query.scored; leaf++)
        for (Py_ssize_t at = 0; at < query.leaves[leaf].count; at++)
            if (!query.leaves[leaf].cursors[at].norms) {
                PyErr_SetString(PyExc_ValueError, "the norms of a field are missing");
                goto done;
            }
    Py_BEGIN_ALLOW_THREADS
    total = run_program(&query, self->size, alive.view.buf, matched.view.buf, scored.view.buf);
    Py_END_ALLOW_THREADS
done:
    for (Py_ssize_t at = 0; query.leaves && at < query.leaf_count; at++)
        free(query.leaves[at].cursors);
    free(query.leaves);
    release_taken(&taken);
    for (Py_ssize_t at = 0; query.masks && at < query.mask_count; at++)
        give_back(&query.masks[at]);
    free(query.masks);
    for (int at = 0; at < MAX_FIELDS; at++)
        give_back(&norm[at]);
    give_back(&alive);
    give_back(&matched);
    give_back(&scored);
    free(query.spans);
    free(memory);
    return total < 0 ? NULL : PyLong_FromSsize_t(total);
}

PyObject *postings_count(Postings *self, PyObject *args) {
    PyObject *extents, *lists, *live;
    if (!PyArg_ParseTuple(args, "SO!O", &extents, &PyTuple_Type, &lists, &live))
        return NULL;
    Query query;
    memset(&query, 0, sizeof query);
    Leaf leaf = {NULL, 0, 0.0};
    Taken taken = {NULL, 0};
    Array alive = {0};
    char *memory = NULL;
    Py_ssize_t total = -1;
    if ((live == Py_None || take_column(self, live, &alive, 0, 0) == 0) &&
        take_leaf(self, extents, lists, NULL, &leaf, &taken) == 0 && make_levels(&query, 0, self->size, &memory) == 0) {
        Py_BEGIN_ALLOW_THREADS
        total = count_leaf(&query, &leaf, self->size, alive.view.buf);
        Py_END_ALLOW_THREADS
    }
    free(leaf.cursors);
    free(memory);
    release_taken(&taken);
    give_back(&alive);
    return total < 0 ? NULL : PyLong_FromSsize_t(total);
}
