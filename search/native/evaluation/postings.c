/* The type Postings: the dictionary and the postings of one segment, taken once, and where the postings of words lie.

   The arrays lie in a mapped file that may be damaged. Their lengths are checked when they are taken; every number read
   from them is checked where it is used. What does not fit raises ValueError. */

#include <stdlib.h>
#include <string.h>

#include "kernel.h"

int damaged(void) {
    PyErr_SetString(PyExc_ValueError, "its arrays do not fit together");
    return -1;
}

/* Taking the arrays */

static int take_field(PyObject *arrays, Field *field) {
    PyObject *words, *starts, *docs, *counts, *position_starts, *positions;
    if (!PyArg_ParseTuple(arrays, "OOOOOO", &words, &starts, &docs, &counts, &position_starts, &positions))
        return -1;
    if (take_array(words, &field->words, UNSIGNED, 4, 0) < 0 || take_array(starts, &field->starts, UNSIGNED, 8, 0) < 0 ||
        take_array(docs, &field->docs, UNSIGNED, 4, 0) < 0 || take_array(counts, &field->counts, UNSIGNED, 0, 0) < 0 ||
        take_array(position_starts, &field->position_starts, UNSIGNED, 8, 0) < 0 ||
        take_array(positions, &field->positions, UNSIGNED, 0, 0) < 0)
        return -1;
    int fits = field->starts.items == field->words.items + 1 && field->counts.items == field->docs.items &&
               field->position_starts.items == field->starts.items;
    return fits ? 0 : damaged();
}

static int take_dictionary(Postings *self, PyObject *arrays) {
    PyObject *found[8];
    if (!PyArg_ParseTuple(arrays, "OOOOOOOO", &found[0], &found[1], &found[2], &found[3], &found[4], &found[5],
                          &found[6], &found[7]))
        return -1;
    Array *own[8] = {&self->surface_bytes, &self->surface_starts, &self->surface_words, &self->stem_bytes,
                     &self->stem_starts, &self->stem_word_starts, &self->stem_words, &self->compounds};
    for (int at = 0; at < 8; at++)
        if (take_array(found[at], own[at], UNSIGNED, 0, 0) < 0)
            return -1;
    int fits = self->surface_starts.items && self->surface_words.items == self->surface_starts.items &&
               self->stem_starts.items && self->stem_word_starts.items == self->stem_starts.items &&
               self->stem_words.width == 4;
    return fits ? 0 : damaged();
}

static PyObject *postings_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    (void)keywords;
    unsigned int size;
    PyObject *dictionary, *fields;
    if (!PyArg_ParseTuple(args, "IO!O!", &size, &PyTuple_Type, &dictionary, &PyTuple_Type, &fields))
        return NULL;
    if (PyTuple_Size(fields) > MAX_FIELDS) {
        PyErr_SetString(PyExc_ValueError, "more text fields than the kernel has room for");
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Postings *self = (Postings *)allocate(type, 0);
    if (!self)
        return NULL;
    self->size = size;
    int failed = take_dictionary(self, dictionary);
    for (; !failed && self->fields < PyTuple_Size(fields); self->fields++)
        failed = take_field(PyTuple_GetItem(fields, self->fields), &self->field[self->fields]);
    if (failed) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void postings_dealloc(Postings *self) {
    Array *own[8] = {&self->surface_bytes, &self->surface_starts, &self->surface_words, &self->stem_bytes,
                     &self->stem_starts, &self->stem_word_starts, &self->stem_words, &self->compounds};
    for (int at = 0; at < 8; at++)
        give_back(own[at]);
    for (int at = 0; at < MAX_FIELDS; at++) {
        Field *field = &self->field[at];
        Array *arrays[6] = {&field->words, &field->starts, &field->docs, &field->counts, &field->position_starts,
                            &field->positions};
        for (int array = 0; array < 6; array++)
            give_back(arrays[array]);
    }
    free_instance(self);
}

/* Extents */

int take_extents(const Postings *self, PyObject *bytes, const Extent **extents, Py_ssize_t *count) {
    char *raw;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(bytes, &raw, &size) < 0)
        return -1;
    *extents = (const Extent *)raw;
    *count = size / (Py_ssize_t)sizeof(Extent);
    if (size % (Py_ssize_t)sizeof(Extent))
        return damaged();
    for (Py_ssize_t at = 0; at < *count; at++) {
        const Extent *extent = &(*extents)[at];
        if (extent->field >= (uint32_t)self->fields)
            return damaged();
        const Field *field = &self->field[extent->field];
        if (extent->start > extent->stop || extent->stop > (uint64_t)field->docs.items ||
            (Py_ssize_t)extent->row >= field->words.items)
            return damaged();
    }
    return 0;
}

/* A growing list of extents. */
typedef struct {
    Extent *items;
    Py_ssize_t count, room;
} Extents;

static int append_row(Extents *found, const Field *field, uint32_t number, Py_ssize_t row, double weight) {
    uint64_t start = unsigned_at(&field->starts, row), stop = unsigned_at(&field->starts, row + 1);
    if (start > stop || stop > (uint64_t)field->docs.items)
        return damaged();
    if (found->count == found->room) {
        Py_ssize_t room = found->room ? 2 * found->room : 32;
        Extent *items = realloc(found->items, (size_t)room * sizeof *items);
        if (!items) {
            PyErr_NoMemory();
            return -1;
        }
        found->items = items;
        found->room = room;
    }
    Extent *extent = &found->items[found->count++];
    memset(extent, 0, sizeof *extent);
    extent->start = start;
    extent->stop = stop;
    extent->weight = weight;
    extent->field = number;
    extent->row = (uint32_t)row;
    return 0;
}

static Py_ssize_t postings_of(const Extents *found) {
    Py_ssize_t total = 0;
    for (Py_ssize_t at = 0; at < found->count; at++)
        total += (Py_ssize_t)(found->items[at].stop - found->items[at].start);
    return total;
}

/* The first row of a field whose word is not below `word`. The words ascend and each is one of the dictionary's, so that
   a word lies no further on than its own number, and no further back than as many rows as the field has words less. */
static Py_ssize_t row_of(const Postings *self, const Field *field, uint64_t word) {
    const uint32_t *known = field->words.view.buf;
    Py_ssize_t low = 0, high = field->words.items, lacking = self->compounds.items - field->words.items;
    if (lacking >= 0 && word > (uint64_t)lacking)
        low = (Py_ssize_t)(word - (uint64_t)lacking);
    if (word < (uint64_t)high)
        high = (Py_ssize_t)word;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (known[middle] < word)
            low = middle + 1;
        else
            high = middle;
    }
    return low < field->words.items ? low : field->words.items;
}

/* Appends the rows in one field of the words from `first` to before `stop`, each occurrence of which counts 1, and of
   other words, ascending, each with its weight. */
static int append_words(Extents *found, const Postings *self, uint32_t number, uint64_t first, uint64_t stop,
                        const Array *words, const Array *weights) {
    const Field *field = &self->field[number];
    const uint32_t *known = field->words.view.buf, *wanted = words->view.buf;
    Py_ssize_t row = first < stop ? row_of(self, field, first) : field->words.items;
    for (; row < field->words.items && known[row] < stop; row++)
        if (append_row(found, field, number, row, 1.0) < 0)
            return -1;
    row = words->items ? row_of(self, field, wanted[0]) : 0;
    for (Py_ssize_t at = 0; at < words->items; at++) {
        row = gallop(known, row, field->words.items, wanted[at]);
        if (row == field->words.items)
            break;
        if (known[row] == wanted[at] &&
            append_row(found, field, number, row, ((const double *)weights->view.buf)[at]) < 0)
            return -1;
    }
    return 0;
}

static int check_fields(const Postings *self, const char *fields, Py_ssize_t count) {
    for (Py_ssize_t at = 0; at < count; at++)
        if ((unsigned char)fields[at] >= self->fields) {
            PyErr_SetString(PyExc_ValueError, "there is no such field");
            return -1;
        }
    return 0;
}

PyDoc_STRVAR(rows_doc, "rows(first, stop, words, weights, fields) -> (extents, total)\n\n"
                       "The postings of the words from `first` to before `stop`, each occurrence of which counts 1, and\n"
                       "of other words, ascending (uint32), with their weights (float64); and how many postings there\n"
                       "are. `fields` are ordinals as bytes.");

static PyObject *postings_rows(Postings *self, PyObject *args) {
    PyObject *word_object, *weight_object, *result = NULL;
    const char *fields;
    Py_ssize_t field_count;
    unsigned long long first, stop;
    Array words = {0}, weights = {0};
    Extents found = {NULL, 0, 0};
    if (!PyArg_ParseTuple(args, "KKOOy#", &first, &stop, &word_object, &weight_object, &fields, &field_count) ||
        check_fields(self, fields, field_count) < 0)
        return NULL;
    if (take_array(word_object, &words, UNSIGNED, 4, 0) < 0 || take_array(weight_object, &weights, DOUBLE, 8, 0) < 0)
        goto done;
    if (words.items != weights.items) {
        PyErr_SetString(PyExc_ValueError, "words and weights do not fit together");
        goto done;
    }
    for (Py_ssize_t at = 0; at < field_count; at++)
        if (append_words(&found, self, (unsigned char)fields[at], first, stop, &words, &weights) < 0)
            goto done;
    result = Py_BuildValue("y#n", found.items ? (const char *)found.items : "",
                           found.count * (Py_ssize_t)sizeof(Extent), postings_of(&found));
done:
    free(found.items);
    give_back(&words);
    give_back(&weights);
    return result;
}

static PyMethodDef methods[] = {
    {"forms", (PyCFunction)postings_forms, METH_VARARGS,
     "forms(surface, stems) -> (first, stop, compound, forms): see words.c."},
    {"numbers", (PyCFunction)postings_numbers, METH_VARARGS,
     "numbers(surfaces) -> bytes of int64: the number of each surface, -1 if there is none."},
    {"rows", (PyCFunction)postings_rows, METH_VARARGS, rows_doc},
    {"evaluate", (PyCFunction)postings_evaluate, METH_VARARGS,
     "evaluate(program, k1, norms, leaves, masks, live, matches, scores) -> total: see programs.c."},
    {"count", (PyCFunction)postings_count, METH_VARARGS,
     "count(extents, lists, live) -> how many live articles are in any of them."},
    {"phrase", (PyCFunction)postings_phrase, METH_VARARGS,
     "phrase(field, terms, width, form, seconds) -> (docs, weights): see phrases.c."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, postings_new},
    {Py_tp_dealloc, postings_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec postings_spec = {
    .name = "search.native._kernel.Postings",
    .basicsize = sizeof(Postings),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};
