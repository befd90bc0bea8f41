/* What the files of the compiled kernel share: each has its own table of functions or its own type, and module.c joins
   them. */

#ifndef BACKFILE_KERNEL_H
#define BACKFILE_KERNEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* Arrays of Python objects (arrays.c). */

typedef struct {
    Py_buffer view;
    Py_ssize_t items;
    Py_ssize_t width; /* bytes of an item */
} Array;

/* The kinds of items that `take_array` tells apart. */
#define UNSIGNED "BHILQ?"
#define SIGNED "bhilq"
#define DOUBLE "d"

/* Takes the buffer of an object: contiguous, of one of the kinds, `width` bytes an item (0: any). 0, or -1 with an
   exception. Every array that was taken must be given back; giving back one of zeros does nothing. */
int take_array(PyObject *object, Array *array, const char *kinds, Py_ssize_t width, int writable);
void give_back(Array *array);

static inline uint64_t unsigned_at(const Array *array, Py_ssize_t at) {
    switch (array->width) {
    case 1:
        return ((const uint8_t *)array->view.buf)[at];
    case 2:
        return ((const uint16_t *)array->view.buf)[at];
    case 4:
        return ((const uint32_t *)array->view.buf)[at];
    default:
        return ((const uint64_t *)array->view.buf)[at];
    }
}

/* The arrays of one segment (postings.c). */

#define MAX_FIELDS 16

typedef struct {
    Array words, starts, docs, counts, position_starts, positions;
} Field;

typedef struct {
    PyObject_HEAD
    uint32_t size; /* articles */
    Array surface_bytes, surface_starts, surface_words;
    Array stem_bytes, stem_starts, stem_word_starts, stem_words;
    Array compounds;
    int fields;
    Field field[MAX_FIELDS];
} Postings;

/* Some postings of one field, from `start` to before `stop`, those of the word in `row`; each occurrence counts
   `weight`. Python holds them as bytes, of the numpy type `posting_lists.EXTENT`. */
typedef struct {
    uint64_t start, stop;
    double weight;
    uint32_t field, row;
} Extent;

/* The extents in an object of bytes, checked against the arrays of the segment. 0, or -1 with an exception. */
int take_extents(const Postings *self, PyObject *bytes, const Extent **extents, Py_ssize_t *count);

/* The first index from `at` to `stop` whose doc id is not below `doc`, found in steps that double. */
static inline Py_ssize_t gallop(const uint32_t *docs, Py_ssize_t at, Py_ssize_t stop, uint32_t doc) {
    Py_ssize_t step = 1, low = at, high;
    while (low < stop && docs[low] < doc) {
        at = low + 1;
        low += step;
        step *= 2;
    }
    high = low < stop ? low : stop;
    while (at < high) {
        Py_ssize_t middle = at + (high - at) / 2;
        if (docs[middle] < doc)
            at = middle + 1;
        else
            high = middle;
    }
    return at;
}

/* Raises ValueError: the arrays of a segment do not fit together. Returns -1. */
int damaged(void);

/* Methods of the type Postings that have files of their own. */
PyObject *postings_forms(Postings *self, PyObject *args);        /* words.c */
PyObject *postings_numbers(Postings *self, PyObject *args);      /* words.c */
PyObject *postings_evaluate(Postings *self, PyObject *args);     /* programs.c */
PyObject *postings_count(Postings *self, PyObject *args);        /* programs.c */
PyObject *postings_phrase(Postings *self, PyObject *args);       /* phrases.c */

/* Types (types.c). */

/* Adds a type to the module under the last part of its name. 0, or -1 with an exception. */
int add_type(PyObject *module, PyType_Spec *spec);

/* Frees an instance of such a type, after what it owns. */
void free_instance(void *instance);

/* Added to the module, in the order of the files. */
extern PyType_Spec postings_spec;
extern PyMethodDef selection_methods[];
extern PyMethodDef counting_methods[];
extern PyMethodDef inversion_methods[];
extern PyMethodDef snippet_methods[];
extern PyMethodDef link_methods[];

int add_fragments(PyObject *module);
int add_fingerprint(PyObject *module);
int add_fragment_numbers(PyObject *module);
int add_chooser(PyObject *module);
int add_markup(PyObject *module);

#endif
