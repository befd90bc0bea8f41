/* Looks up words in the dictionary of a segment: surfaces by their spelling, and the words that share a stem. */

#include <stdlib.h>
#include <string.h>

#include "kernel.h"

/* The number of a string among sorted ones, -1 if it is not there, -2 with an exception. `tail`: bytes at the end of
   each that do not belong to it. */
static Py_ssize_t find_string(const Array *bytes, const Array *starts, int tail, const char *wanted, Py_ssize_t size) {
    Py_ssize_t low = 0, high = starts->items - 1;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        uint64_t begin = unsigned_at(starts, middle), end = unsigned_at(starts, middle + 1);
        if (end < begin + (uint64_t)tail || end > (uint64_t)bytes->items)
            return damaged() - 1;
        Py_ssize_t own = (Py_ssize_t)(end - begin) - tail;
        int order = memcmp((const char *)bytes->view.buf + begin, wanted, (size_t)(own < size ? own : size));
        if (!order && own == size)
            return middle;
        if (order < 0 || (!order && own < size))
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

static int any_compound(const Postings *self, uint32_t word) {
    return (Py_ssize_t)word < self->compounds.items && unsigned_at(&self->compounds, word);
}

/* The spelling of a word: that of the surface whose words it is among. NULL with an exception. */
static PyObject *spelling_of(const Postings *self, uint32_t word) {
    Py_ssize_t low = 0, high = self->surface_words.items - 1;
    while (low + 1 < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (unsigned_at(&self->surface_words, middle) <= word)
            low = middle;
        else
            high = middle;
    }
    uint64_t begin = 0, end = 0;
    if (low + 1 < self->surface_starts.items) {
        begin = unsigned_at(&self->surface_starts, low);
        end = unsigned_at(&self->surface_starts, low + 1);
    }
    if (begin >= end || end > (uint64_t)self->surface_bytes.items) {
        damaged();
        return NULL;
    }
    return PyBytes_FromStringAndSize((const char *)self->surface_bytes.view.buf + begin, (Py_ssize_t)(end - begin) - 1);
}

/* Appends the words of a stem, given by its number in the dictionary, but for those from `first` to before `stop`. */
static int append_forms(const Postings *self, PyObject *forms, Py_ssize_t number, Py_ssize_t asked, uint64_t first,
                        uint64_t stop, int *compound) {
    const uint32_t *listed = self->stem_words.view.buf;
    uint64_t at = unsigned_at(&self->stem_word_starts, number), end = unsigned_at(&self->stem_word_starts, number + 1);
    if (at > end || end > (uint64_t)self->stem_words.items)
        return damaged();
    for (; at < end; at++) {
        if (listed[at] >= first && listed[at] < stop)
            continue;
        PyObject *spelling = spelling_of(self, listed[at]);
        PyObject *form = spelling ? Py_BuildValue("InN", (unsigned int)listed[at], asked, spelling) : NULL;
        int failed = form ? PyList_Append(forms, form) : -1;
        Py_XDECREF(form);
        if (failed < 0)
            return -1;
        *compound = *compound || any_compound(self, listed[at]);
    }
    return 0;
}

/* forms(surface, stems) -> (first, stop, compound, forms)

   The words with a spelling are those from `first` to before `stop`; `forms` lists the others that have one of the
   stems: the word, the index of the stem, and the spelling as bytes. `compound`: whether any of all these words is a
   compound. */
PyObject *postings_forms(Postings *self, PyObject *args) {
    const char *surface;
    Py_ssize_t size;
    PyObject *stems;
    if (!PyArg_ParseTuple(args, "y#O!", &surface, &size, &PyTuple_Type, &stems))
        return NULL;
    uint64_t first = 0, stop = 0;
    Py_ssize_t number = find_string(&self->surface_bytes, &self->surface_starts, 1, surface, size);
    if (number == -2)
        return NULL;
    if (number >= 0) {
        first = unsigned_at(&self->surface_words, number);
        stop = unsigned_at(&self->surface_words, number + 1);
    }
    if (first > stop || stop > (uint64_t)self->compounds.items) {
        damaged();
        return NULL;
    }
    int compound = 0;
    for (uint64_t word = first; word < stop && !compound; word++)
        compound = any_compound(self, (uint32_t)word);
    PyObject *forms = PyList_New(0);
    if (!forms)
        return NULL;
    for (Py_ssize_t at = 0; at < PyTuple_Size(stems); at++) {
        char *stem;
        number = -2;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(stems, at), &stem, &size) == 0)
            number = find_string(&self->stem_bytes, &self->stem_starts, 0, stem, size);
        if (number == -2 || (number >= 0 && append_forms(self, forms, number, at, first, stop, &compound) < 0)) {
            Py_DECREF(forms);
            return NULL;
        }
    }
    return Py_BuildValue("KKON", (unsigned long long)first, (unsigned long long)stop, compound ? Py_True : Py_False,
                         forms);
}

/* numbers(surfaces) -> bytes of int64: the number of each surface (a list of bytes), -1 for what is not there. */
PyObject *postings_numbers(Postings *self, PyObject *args) {
    PyObject *surfaces;
    if (!PyArg_ParseTuple(args, "O!", &PyList_Type, &surfaces))
        return NULL;
    Py_ssize_t count = PyList_Size(surfaces), at = 0;
    int64_t *numbers = malloc(((size_t)count + 1) * sizeof *numbers);
    if (!numbers)
        return PyErr_NoMemory();
    for (; at < count; at++) {
        char *surface;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyList_GetItem(surfaces, at), &surface, &size) < 0)
            break;
        numbers[at] = find_string(&self->surface_bytes, &self->surface_starts, 1, surface, size);
        if (numbers[at] == -2)
            break;
    }
    PyObject *found =
        at < count ? NULL : PyBytes_FromStringAndSize((const char *)numbers, count * (Py_ssize_t)sizeof *numbers);
    free(numbers);
    return found;
}
