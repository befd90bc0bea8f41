/* Inversion of articles as rows of fragments: the twin of search.engines.disk.writing.inversion.

   The tokens are counted by word, then put in their places in one pass over the articles in order; so they are sorted
   by word, article and position without a comparison. */

#include "kernel.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const uint32_t *items;
    size_t count;
    Py_buffer buffer;
} Column;

/* Reads an argument as 32-bit numbers. */
static int open_column(PyObject *source, Column *column) {
    if (PyObject_GetBuffer(source, &column->buffer, PyBUF_SIMPLE) < 0)
        return -1;
    column->items = column->buffer.buf;
    column->count = (size_t)column->buffer.len / sizeof(uint32_t);
    return 0;
}

static int open_columns(PyObject **sources, Column *columns, int count) {
    for (int i = 0; i < count; i++)
        if (open_column(sources[i], columns + i) < 0) {
            while (i--)
                PyBuffer_Release(&columns[i].buffer);
            return -1;
        }
    return 0;
}

static void close_columns(Column *columns, int count) {
    while (count--)
        PyBuffer_Release(&columns[count].buffer);
}

enum { FRAGMENTS, DOCS, SIZES, STARTS, ADVANCES, WORDS, AHEADS, COLUMNS };

typedef struct {
    Column in[COLUMNS];
    size_t articles, words;
    uint64_t gap, limit;
    uint64_t *ends;      /* for each word, where its next token goes; at last, where its tokens end */
    uint64_t *located;   /* article << 32 | position of each token */
    uint32_t *lengths;
} Inversion;

static int is_sound(const Inversion *self) {
    const Column *in = self->in;
    size_t fragments = in[ADVANCES].count, tokens = in[WORDS].count, values = in[DOCS].count, total = 0;
    if (in[STARTS].count != fragments + 1 || in[AHEADS].count != tokens || in[SIZES].count != values)
        return 0;
    for (size_t i = 0; i < fragments; i++)
        if (in[STARTS].items[i] > in[STARTS].items[i + 1])
            return 0;
    if (in[STARTS].items[fragments] > tokens)
        return 0;
    for (size_t i = 0; i < tokens; i++)
        if (in[WORDS].items[i] >= self->words)
            return 0;
    for (size_t i = 0; i < values; i++) {
        if (in[DOCS].items[i] >= self->articles || (i && in[DOCS].items[i] < in[DOCS].items[i - 1]))
            return 0;
        total += in[SIZES].items[i];
    }
    if (total != in[FRAGMENTS].count)
        return 0;
    for (size_t i = 0; i < total; i++)
        if (in[FRAGMENTS].items[i] >= fragments)
            return 0;
    return 1;
}

/* One pass over all tokens: counts them by word, or with `located` puts them in their places. */
static void pass(Inversion *self) {
    const Column *in = self->in;
    const uint32_t *starts = in[STARTS].items, *words = in[WORDS].items, *aheads = in[AHEADS].items;
    const uint32_t *fragment = in[FRAGMENTS].items;
    uint64_t position = 0;
    for (size_t value = 0; value < in[DOCS].count; value++) {
        uint32_t doc = in[DOCS].items[value];
        if (value && doc != in[DOCS].items[value - 1])
            position = 0;
        uint64_t first = position;
        for (const uint32_t *end = fragment + in[SIZES].items[value]; fragment < end; fragment++) {
            for (uint32_t token = starts[*fragment]; token < starts[*fragment + 1]; token++) {
                uint64_t at = position + aheads[token];
                if (at >= self->limit)
                    continue;
                uint64_t *next = self->ends + words[token];
                if (self->located)
                    self->located[*next] = (uint64_t)doc << 32 | at;
                ++*next;
            }
            position += in[ADVANCES].items[*fragment];
        }
        if (self->located)
            self->lengths[doc] += (uint32_t)(position - first);
        if (position > first)
            position += self->gap;
    }
}

/* Counts into starts; gives the number of tokens. */
static uint64_t starts_of(uint64_t *counts, size_t words) {
    uint64_t start = 0;
    for (size_t word = 0; word < words; word++) {
        uint64_t count = counts[word];
        counts[word] = start;
        start += count;
    }
    return start;
}

/* The numbers of words and of postings; 0 if tokens of a fragment were not in order. */
static int measure(const Inversion *self, size_t *words, size_t *postings) {
    uint64_t token = 0;
    *words = *postings = 0;
    for (size_t word = 0; word < self->words; word++) {
        *words += token < self->ends[word];
        for (uint64_t first = token; token < self->ends[word]; token++) {
            if (token > first && self->located[token] < self->located[token - 1])
                return 0;
            *postings += token == first || self->located[token] >> 32 != self->located[token - 1] >> 32;
        }
    }
    return 1;
}

enum { OUT_WORDS, OUT_STARTS, OUT_DOCS, OUT_COUNTS, OUT_POSITION_STARTS, OUT_POSITIONS, OUTS };

static void emit(const Inversion *self, void **out) {
    uint32_t *words = out[OUT_WORDS], *docs = out[OUT_DOCS], *counts = out[OUT_COUNTS];
    uint32_t *positions = out[OUT_POSITIONS];
    uint64_t *starts = out[OUT_STARTS], *position_starts = out[OUT_POSITION_STARTS];
    uint64_t token = 0, posting = 0;
    for (size_t word = 0; word < self->words; word++) {
        if (token == self->ends[word])
            continue;
        *words++ = (uint32_t)word;
        *starts++ = posting;
        *position_starts++ = token;
        for (uint64_t first = token; token < self->ends[word]; token++) {
            uint32_t doc = (uint32_t)(self->located[token] >> 32);
            if (token == first || doc != docs[posting - 1]) {
                docs[posting] = doc;
                counts[posting++] = 0;
            }
            counts[posting - 1]++;
            positions[token] = (uint32_t)self->located[token];
        }
    }
    *starts = posting;
    *position_starts = token;
}

/* The sections as bytes, or None if tokens were not in order. */
static PyObject *results(Inversion *self, uint64_t tokens) {
    size_t words, postings;
    int in_order;
    PyObject *bytes[OUTS] = {NULL};
    void *out[OUTS];
    Py_BEGIN_ALLOW_THREADS
    in_order = measure(self, &words, &postings);
    Py_END_ALLOW_THREADS
    if (!in_order)
        Py_RETURN_NONE;
    size_t sizes[OUTS] = {4 * words, 8 * (words + 1), 4 * postings, 4 * postings, 8 * (words + 1), 4 * tokens};
    for (int i = 0; i < OUTS; i++) {
        bytes[i] = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)sizes[i]);
        if (!bytes[i]) {
            while (i--)
                Py_DECREF(bytes[i]);
            return NULL;
        }
        out[i] = PyBytes_AsString(bytes[i]);
    }
    Py_BEGIN_ALLOW_THREADS
    emit(self, out);
    Py_END_ALLOW_THREADS
    return Py_BuildValue("NNNNNNy#", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5],
                         (const char *)self->lengths, (Py_ssize_t)(self->articles * sizeof(uint32_t)));
}

static PyObject *inverted(Inversion *self) {
    uint64_t tokens = 0;
    PyObject *found = NULL;
    int sound;
    self->ends = calloc(self->words + 1, sizeof *self->ends);
    self->lengths = calloc(self->articles + 1, sizeof *self->lengths);
    if (!self->ends || !self->lengths)
        return PyErr_NoMemory();
    Py_BEGIN_ALLOW_THREADS
    sound = is_sound(self);
    if (sound) {
        pass(self);
        tokens = starts_of(self->ends, self->words);
        self->located = malloc((tokens + 1) * sizeof *self->located);
        if (self->located)
            pass(self);
    }
    Py_END_ALLOW_THREADS
    if (!sound)
        PyErr_SetString(PyExc_ValueError, "these columns do not belong together");
    else if (!self->located)
        PyErr_NoMemory();
    else
        found = results(self, tokens);
    return found;
}

static PyObject *invert(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *sources[COLUMNS], *found;
    Inversion self = {0};
    Py_ssize_t articles, words;
    unsigned long long gap, limit;
    if (!PyArg_ParseTuple(args, "OOOOOOOnnKK", &sources[0], &sources[1], &sources[2], &sources[3], &sources[4],
                          &sources[5], &sources[6], &articles, &words, &gap, &limit))
        return NULL;
    if (articles < 0 || words < 0 || articles > UINT32_MAX || words > UINT32_MAX || limit > UINT32_MAX ||
        gap > UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "a number is out of range");
        return NULL;
    }
    self.articles = (size_t)articles, self.words = (size_t)words, self.gap = gap, self.limit = limit;
    if (open_columns(sources, self.in, COLUMNS) < 0)
        return NULL;
    found = inverted(&self);
    free(self.ends);
    free(self.located);
    free(self.lengths);
    close_columns(self.in, COLUMNS);
    return found;
}

/* Marks the articles of a surface in one field, from posting list `at` on, and counts those not marked before. */
static size_t mark(const Column *field, size_t at, const Column *surface_of, uint32_t surface, uint32_t *marks,
                   uint32_t *count) {
    const uint32_t *words = field[0].items;
    const uint64_t *starts = field[1].buffer.buf;
    for (; at < field[0].count && surface_of->items[words[at]] == surface; at++)
        for (uint64_t posting = starts[at]; posting < starts[at + 1]; posting++)
            if (marks[field[2].items[posting]] != surface + 1) {
                marks[field[2].items[posting]] = surface + 1;
                ++*count;
            }
    return at;
}

static int is_field(const Column *field, const Column *surface_of, size_t articles) {
    const uint64_t *starts = field[1].buffer.buf;
    if ((size_t)field[1].buffer.len != 8 * (field[0].count + 1) || starts[0] || starts[field[0].count] != field[2].count)
        return 0;
    for (size_t i = 0; i < field[0].count; i++)
        if (field[0].items[i] >= surface_of->count || starts[i] > starts[i + 1])
            return 0;
    for (size_t i = 0; i < field[2].count; i++)
        if (field[2].items[i] >= articles)
            return 0;
    return 1;
}

enum { MOST_FIELDS = 16 };

static PyObject *articles_of(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *surface_source, *fields, *found = NULL, *sources[3 * MOST_FIELDS];
    Py_ssize_t surfaces, articles;
    Column surface_of, columns[3 * MOST_FIELDS];
    if (!PyArg_ParseTuple(args, "OO!nn", &surface_source, &PyTuple_Type, &fields, &surfaces, &articles))
        return NULL;
    int count = (int)PyTuple_Size(fields);
    if (count > 3 * MOST_FIELDS || count % 3 || surfaces < 0 || articles < 0 || surfaces >= UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "a number is out of range");
        return NULL;
    }
    for (int i = 0; i < count; i++)
        sources[i] = PyTuple_GetItem(fields, i);
    if (open_column(surface_source, &surface_of) < 0)
        return NULL;
    if (open_columns(sources, columns, count) < 0) {
        PyBuffer_Release(&surface_of.buffer);
        return NULL;
    }
    uint32_t *marks = calloc((size_t)articles + 1, sizeof *marks);
    int sound = marks != NULL;
    for (int i = 0; sound && i < count; i += 3)
        sound = is_field(columns + i, &surface_of, (size_t)articles);
    if (sound && (found = PyBytes_FromStringAndSize(NULL, surfaces * (Py_ssize_t)sizeof(uint32_t)))) {
        uint32_t *counts = (uint32_t *)PyBytes_AsString(found);
        size_t at[MOST_FIELDS] = {0};
        Py_BEGIN_ALLOW_THREADS
        for (uint32_t surface = 0; surface < (uint32_t)surfaces; surface++) {
            counts[surface] = 0;
            for (int i = 0; i < count / 3; i++)
                at[i] = mark(columns + 3 * i, at[i], &surface_of, surface, marks, counts + surface);
        }
        Py_END_ALLOW_THREADS
    } else if (!marks)
        PyErr_NoMemory();
    else if (!sound)
        PyErr_SetString(PyExc_ValueError, "these columns do not belong together");
    free(marks);
    close_columns(columns, count);
    PyBuffer_Release(&surface_of.buffer);
    return found;
}

PyMethodDef inversion_methods[] = {
    {"invert", invert, METH_VARARGS,
     "invert(fragments, docs, sizes, starts, advances, words, aheads, articles, words, gap, limit): the sections of a "
     "text field as bytes, and its lengths; None where tokens of a fragment are not in order"},
    {"articles_of", articles_of, METH_VARARGS,
     "articles_of(surface_of, (words, starts, docs, ...), surfaces, articles): how many articles have each surface"},
    {NULL, NULL, 0, NULL},
};
