/* Counts of the values that some articles have, for facets and the timeline: all columns in one call. */

#include <stdlib.h>

#include "kernel.h"

/* One column of a segment. Article d has the ordinals from `starts[d]` to before `starts[d + 1]`, or without starts
   exactly `ordinals[d]`, none if that is negative. Ordinals are those of `totals`, or by way of `numbers`. */
typedef struct {
    Array starts, ordinals, numbers, totals;
    Py_ssize_t missing;
} Column;

static int take_column(PyObject *arrays, Column *column) {
    PyObject *starts, *ordinals, *numbers, *totals;
    if (!PyArg_ParseTuple(arrays, "OOOO", &starts, &ordinals, &numbers, &totals))
        return -1;
    if (starts != Py_None && take_array(starts, &column->starts, UNSIGNED, 4, 0) < 0)
        return -1;
    if (take_array(ordinals, &column->ordinals, starts == Py_None ? SIGNED : UNSIGNED, 4, 0) < 0)
        return -1;
    if (numbers != Py_None && take_array(numbers, &column->numbers, SIGNED UNSIGNED, 4, 0) < 0)
        return -1;
    return take_array(totals, &column->totals, SIGNED, 8, 1);
}

/* Adds one to the total of an ordinal; 0 if there is none. */
static inline int add_one(const Column *column, uint32_t ordinal) {
    if (column->numbers.view.obj) {
        if (ordinal >= (uint64_t)column->numbers.items)
            return 0;
        ordinal = ((const uint32_t *)column->numbers.view.buf)[ordinal];
    }
    if (ordinal >= (uint64_t)column->totals.items)
        return 0;
    ((int64_t *)column->totals.view.buf)[ordinal]++;
    return 1;
}

static int count_rows(Column *column, const int64_t *docs, Py_ssize_t count, int64_t base) {
    const uint32_t *starts = column->starts.view.buf, *ordinals = column->ordinals.view.buf;
    for (Py_ssize_t at = 0; at < count; at++) {
        uint64_t doc = (uint64_t)(docs[at] - base);
        if (doc + 1 >= (uint64_t)column->starts.items)
            return 0;
        uint32_t first = starts[doc], stop = starts[doc + 1];
        if (first > stop || stop > (uint64_t)column->ordinals.items)
            return 0;
        column->missing += first == stop;
        for (; first < stop; first++)
            if (!add_one(column, ordinals[first]))
                return 0;
    }
    return 1;
}

static int count_singles(Column *column, const int64_t *docs, Py_ssize_t count, int64_t base) {
    const int32_t *ordinals = column->ordinals.view.buf;
    for (Py_ssize_t at = 0; at < count; at++) {
        uint64_t doc = (uint64_t)(docs[at] - base);
        if (doc >= (uint64_t)column->ordinals.items)
            return 0;
        if (ordinals[doc] < 0)
            column->missing++;
        else if (!add_one(column, (uint32_t)ordinals[doc]))
            return 0;
    }
    return 1;
}

PyDoc_STRVAR(count_values_doc,
             "count_values(docs, base, columns) -> missing\n\n"
             "Counts the values of some articles (int64, each minus `base`) in the columns of a segment: tuples of\n"
             "starts (uint32) or None, ordinals (uint32; int32 without starts, negative for none), numbers of the\n"
             "ordinals or None, and the totals (int64) that are added to. Returns how many articles have none, for\n"
             "each column. Raises ValueError if the arrays do not fit together.");

static PyObject *count_values(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *doc_object, *column_object, *missing = NULL;
    long long base;
    Array docs = {0};
    if (!PyArg_ParseTuple(args, "OLO!", &doc_object, &base, &PyTuple_Type, &column_object))
        return NULL;
    Py_ssize_t count = PyTuple_Size(column_object), taken = 0;
    Column *columns = calloc((size_t)count + 1, sizeof *columns);
    if (!columns)
        return PyErr_NoMemory();
    if (take_array(doc_object, &docs, SIGNED, 8, 0) < 0)
        goto done;
    for (; taken < count; taken++)
        if (take_column(PyTuple_GetItem(column_object, taken), &columns[taken]) < 0)
            goto done;
    int fits = 1;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t at = 0; at < count && fits; at++)
        fits = columns[at].starts.view.obj ? count_rows(&columns[at], docs.view.buf, docs.items, base)
                                           : count_singles(&columns[at], docs.view.buf, docs.items, base);
    Py_END_ALLOW_THREADS
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "the values of its articles do not fit together");
        goto done;
    }
    missing = PyTuple_New(count);
    for (Py_ssize_t at = 0; missing && at < count; at++)
        if (PyTuple_SetItem(missing, at, PyLong_FromSsize_t(columns[at].missing)) < 0)
            Py_CLEAR(missing);
done:
    for (Py_ssize_t at = 0; at < count; at++) {
        give_back(&columns[at].starts);
        give_back(&columns[at].ordinals);
        give_back(&columns[at].numbers);
        give_back(&columns[at].totals);
    }
    free(columns);
    give_back(&docs);
    return missing;
}

PyMethodDef counting_methods[] = {
    {"count_values", count_values, METH_VARARGS, count_values_doc},
    {NULL, NULL, 0, NULL},
};
