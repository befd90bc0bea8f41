/* Texts to the numbers of their fragments: the twin of search.analysis.bulk.FragmentTable, for texts with spaces.

   A fragment of letters and digits in ASCII, or of such words joined by single marks, is read here. Any other is read
   once by the memo in Python, and its number is remembered here if the memo remembers it. */

#include "fragment_words.h"
#include "kernel.h"
#include "strings.h"

#include <string.h>

enum { LONGEST_BYTES = 160 };

/* The tags of words in their table: the language of a word that still needs its stem, or a whole key. */
enum { WHOLE_KEY = 255 };

typedef struct {
    PyObject_HEAD
    StringTable fragments, words;
    Numbers starts, advances, token_words, token_aheads;
} Fragments;

/* --- the table --- */

static int add_token(Fragments *self, uint8_t tag, const uint8_t *text, size_t size, uint32_t ahead) {
    int64_t word = strings_number(&self->words, tag, text, size);
    return word < 0 || numbers_put(&self->token_words, (uint32_t)word) < 0 ||
                   numbers_put(&self->token_aheads, ahead) < 0 ? -1 : 0;
}

/* Ends a fragment and gives its number; -1 with an error set. */
static int64_t close_fragment(Fragments *self, uint32_t advance) {
    if (numbers_put(&self->advances, advance) < 0 || numbers_put(&self->starts, (uint32_t)self->token_words.count) < 0)
        return -1;
    return (int64_t)self->advances.count - 1;
}

static int64_t add_words(Fragments *self, uint8_t tag, const Words *words) {
    for (int i = 0; i < words->count; i++)
        if (add_token(self, tag, words->words[i].text, words->words[i].size, words->words[i].ahead) < 0)
            return -1;
    return close_fragment(self, words->advance);
}

/* The number that the memo in Python gives a fragment; `is_kept` says whether the memo remembers it. */
static int64_t ask(PyObject *memo, const uint8_t *fragment, size_t size, int *is_kept) {
    PyObject *text = PyUnicode_DecodeUTF8((const char *)fragment, (Py_ssize_t)size, NULL);
    PyObject *found = text ? PyObject_GetItem(memo, text) : NULL;
    int64_t number = -1;
    if (found) {
        number = PyLong_AsLongLong(found);
        *is_kept = number < 0 ? -1 : PySequence_Contains(memo, text);
    }
    Py_XDECREF(found);
    Py_XDECREF(text);
    if (number >= 0 && *is_kept >= 0)
        return number;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "a fragment has no number below 0");
    return -1;
}

/* The number of a fragment, looked up by `key` and its hash and, where it is new, read from there or by the memo. */
static int64_t number_of(Fragments *self, uint8_t tag, PyObject *memo, const uint8_t *key, size_t size, uint64_t hash,
                         int is_ascii) {
    int64_t entry = strings_find(&self->fragments, hash, tag, key, size);
    if (entry >= 0)
        return self->fragments.entries[entry].value;
    Words words;
    int is_kept = 1;
    int64_t number = is_ascii && read_core(&words, key, (int)size) ? add_words(self, tag, &words)
                                                                    : ask(memo, key, size, &is_kept);
    if (number < 0 || number > UINT32_MAX)
        return -1;
    if (is_kept) {
        entry = strings_add(&self->fragments, hash, tag, key, size);
        if (entry < 0)
            return -1;
        self->fragments.entries[entry].value = (uint32_t)number;
    }
    return number;
}

/* The end of the fragment that begins at `at`. */
static const uint8_t *end_of_fragment(const uint8_t *begin, const uint8_t *at, const uint8_t *end, int *is_ascii) {
    *is_ascii = 1;
    for (;; at++) {
        while (at < end && !(byte_classes[*at] & (SPACE | BEYOND)))
            at++;
        if (at == end || byte_classes[*at] & SPACE)
            return at;
        *is_ascii = 0;
        int size = wide_space(at, end);
        if (!size)
            continue;
        int joins = is_inside_numbers(at) && at > begin && byte_classes[at[-1]] & DIGIT && at + size < end &&
                    byte_classes[at[size]] & DIGIT;
        if (!joins)
            return at;
    }
}

/* Skips marks that are part of no word, at both ends. */
static void strip(const uint8_t **begin, const uint8_t **end) {
    int size;
    for (; *begin < *end; *begin += size) {
        size = 1;
        if (!(byte_classes[**begin] & AROUND) && !plain_mark(*begin, *end, &size))
            break;
    }
    for (; *begin < *end; *end -= size) {
        size = 1;
        if (byte_classes[(*end)[-1]] & AROUND)
            continue;
        const uint8_t *two = *end - 2, *three = *end - 3;
        if (two >= *begin && plain_mark(two, *end, &size) && size == 2)
            continue;
        if (three >= *begin && plain_mark(three, *end, &size) && size == 3)
            continue;
        break;
    }
}

/* A fragment in lower case and with plain marks, if it is in ASCII but for those and not too long; else 0. */
static int simplified(const uint8_t *at, const uint8_t *end, uint8_t *core) {
    int size = 0, step;
    while (at < end) {
        if (size == LONGEST)
            return 0;
        step = 1;
        if (byte_classes[*at] & BEYOND) {
            uint8_t mark = plain_mark(at, end, &step);
            if (!mark)
                return 0;
            core[size++] = mark;
        } else
            core[size++] = lower_bytes[*at];
        at += step;
    }
    return size;
}

/* Fragments are looked up some at a time: while one is read, what the next need comes from memory into the cache. */
enum { TOGETHER = 16 };

typedef struct {
    const uint8_t *begin;  /* in the text; a fragment in ASCII is in `core` instead */
    size_t size;
    uint64_t hash;
    int is_ascii;
    uint8_t core[LONGEST];
} Sought;

/* A fragment without the marks around it; its size is 0 if that is all it was. */
static void seek(const Fragments *self, const uint8_t *begin, const uint8_t *end, uint8_t tag, Sought *sought) {
    strip(&begin, &end);
    sought->begin = begin;
    sought->size = begin < end ? (size_t)simplified(begin, end, sought->core) : 0;
    sought->is_ascii = sought->size > 0;
    if (!sought->is_ascii)
        sought->size = (size_t)(end - begin);
    if (sought->size == 0 || sought->size > LONGEST_BYTES)
        return;
    sought->hash = strings_hash(&self->fragments, tag, sought->is_ascii ? sought->core : begin, sought->size);
    strings_fetch_slot(&self->fragments, sought->hash);
}

static int find(Fragments *self, const Sought *row, int count, uint8_t tag, PyObject *memo, Numbers *out) {
    for (int i = 0; i < count; i++)
        if (row[i].size > 0 && row[i].size <= LONGEST_BYTES)
            strings_fetch_entry(&self->fragments, row[i].hash);
    for (int i = 0; i < count; i++) {
        const uint8_t *key = row[i].is_ascii ? row[i].core : row[i].begin;
        int64_t number = 0;
        int is_kept;
        if (row[i].size > LONGEST_BYTES)
            number = ask(memo, key, row[i].size, &is_kept);
        else if (row[i].size)
            number = number_of(self, tag, memo, key, row[i].size, row[i].hash, row[i].is_ascii);
        if (number < 0 || numbers_put(out, (uint32_t)number) < 0)
            return -1;
    }
    return 0;
}

static int read_text(Fragments *self, const uint8_t *text, size_t size, uint8_t tag, PyObject *memo, Numbers *out) {
    const uint8_t *at = text, *end = text + size;
    Sought row[TOGETHER];
    int count = 0, is_ascii;
    while (at < end) {
        int step = byte_classes[*at] & SPACE ? 1 : byte_classes[*at] & BEYOND ? wide_space(at, end) : 0;
        if (step) {
            at += step;
            continue;
        }
        const uint8_t *begin = at;
        at = end_of_fragment(text, at, end, &is_ascii);
        seek(self, begin, at, tag, row + count);
        if (++count == TOGETHER) {
            if (find(self, row, count, tag, memo, out) < 0)
                return -1;
            count = 0;
        }
    }
    return find(self, row, count, tag, memo, out);
}

/* --- the type --- */

static PyObject *fragments_read(Fragments *self, PyObject *args) {
    PyObject *text, *memo;
    unsigned char tag;
    if (!PyArg_ParseTuple(args, "UbO!", &text, &tag, &PyDict_Type, &memo))
        return NULL;
    Py_ssize_t size;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &size);
    if (!utf8) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
            return NULL;
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    Numbers out = {0};
    PyObject *found = NULL;
    if (!read_text(self, (const uint8_t *)utf8, (size_t)size, tag, memo, &out))
        found = PyBytes_FromStringAndSize((const char *)out.items, (Py_ssize_t)(out.count * sizeof *out.items));
    numbers_free(&out);
    return found;
}

static PyObject *fragments_add_token(Fragments *self, PyObject *args) {
    Py_buffer key;
    unsigned int ahead;
    if (!PyArg_ParseTuple(args, "y*I", &key, &ahead))
        return NULL;
    int failed = add_token(self, WHOLE_KEY, key.buf, (size_t)key.len, ahead);
    PyBuffer_Release(&key);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *fragments_copy(Fragments *self, PyObject *args) {
    unsigned int number, ahead;
    if (!PyArg_ParseTuple(args, "II", &number, &ahead))
        return NULL;
    if (number >= self->advances.count) {
        PyErr_SetString(PyExc_IndexError, "no such fragment");
        return NULL;
    }
    for (uint32_t token = self->starts.items[number]; token < self->starts.items[number + 1]; token++)
        if (numbers_put(&self->token_words, self->token_words.items[token]) < 0 ||
            numbers_put(&self->token_aheads, self->token_aheads.items[token] + ahead) < 0)
            return NULL;
    return PyLong_FromUnsignedLong(self->advances.items[number]);
}

static PyObject *fragments_close(Fragments *self, PyObject *args) {
    unsigned int advance;
    if (!PyArg_ParseTuple(args, "I", &advance))
        return NULL;
    int64_t number = close_fragment(self, advance);
    return number < 0 ? NULL : PyLong_FromLongLong(number);
}

static PyObject *as_bytes(const Numbers *numbers) {
    return PyBytes_FromStringAndSize((const char *)numbers->items, (Py_ssize_t)(numbers->count * sizeof(uint32_t)));
}

static PyObject *fragments_columns(Fragments *self, PyObject *Py_UNUSED(none)) {
    return Py_BuildValue("NNNN", as_bytes(&self->starts), as_bytes(&self->advances), as_bytes(&self->token_words),
                         as_bytes(&self->token_aheads));
}

static PyObject *fragments_words(Fragments *self, PyObject *args) {
    Py_ssize_t first;
    if (!PyArg_ParseTuple(args, "n", &first))
        return NULL;
    size_t start = first < 0 ? 0 : (size_t)first, count = self->words.count > start ? self->words.count - start : 0;
    PyObject *tags = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)count), *texts = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; tags && texts && i < count; i++) {
        const StringEntry *entry = self->words.entries + start + i;
        size_t size;
        const char *at = (const char *)strings_text(&self->words, entry, &size);
        PyObject *text = PyUnicode_DecodeUTF8(at, (Py_ssize_t)size, "surrogatepass");
        PyBytes_AsString(tags)[i] = (char)strings_tag(entry);
        if (!text || PyList_SetItem(texts, (Py_ssize_t)i, text) < 0)
            Py_CLEAR(texts);
    }
    if (tags && texts)
        return Py_BuildValue("NN", tags, texts);
    Py_XDECREF(tags);
    Py_XDECREF(texts);
    return NULL;
}

static PyObject *fragments_sizes(Fragments *self, PyObject *Py_UNUSED(none)) {
    size_t numbers = self->starts.room + self->advances.room + self->token_words.room + self->token_aheads.room;
    return Py_BuildValue("nnn", (Py_ssize_t)self->advances.count, (Py_ssize_t)self->words.count,
                         (Py_ssize_t)(numbers * sizeof(uint32_t) + strings_bytes(&self->fragments) +
                                      strings_bytes(&self->words)));
}

static void release(Fragments *self) {
    strings_free(&self->fragments);
    strings_free(&self->words);
    numbers_free(&self->starts);
    numbers_free(&self->advances);
    numbers_free(&self->token_words);
    numbers_free(&self->token_aheads);
}

/* Fragment 0 has no word. */
static int begin(Fragments *self) {
    return numbers_put(&self->starts, 0) < 0 || numbers_put(&self->starts, 0) < 0 ||
           numbers_put(&self->advances, 0) < 0 ? -1 : 0;
}

static PyObject *fragments_clear(Fragments *self, PyObject *Py_UNUSED(none)) {
    release(self);
    if (begin(self) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *fragments_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs)) {
    unsigned long long seed;
    if (!PyArg_ParseTuple(args, "K", &seed))
        return NULL;
    allocfunc allocate = PyType_GetSlot(type, Py_tp_alloc);
    Fragments *self = (Fragments *)allocate(type, 0);
    if (!self)
        return NULL;
    self->fragments.seed = self->words.seed = seed;
    if (begin(self) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void fragments_dealloc(Fragments *self) {
    release(self);
    free_instance(self);
}

static PyMethodDef methods[] = {
    {"read", (PyCFunction)fragments_read, METH_VARARGS,
     "read(text, tag, memo): the numbers of the fragments as bytes of u4; None if the text has a lone surrogate"},
    {"add_token", (PyCFunction)fragments_add_token, METH_VARARGS, "add_token(key, ahead): a token of the next fragment"},
    {"copy", (PyCFunction)fragments_copy, METH_VARARGS, "copy(number, ahead): the tokens of another fragment"},
    {"close", (PyCFunction)fragments_close, METH_VARARGS, "close(advance): the number of the fragment that ends"},
    {"columns", (PyCFunction)fragments_columns, METH_NOARGS, "starts, advances, words and aheads, as bytes of u4"},
    {"words", (PyCFunction)fragments_words, METH_VARARGS, "words(first): the tags of the words from there as bytes, and a list of their texts"},
    {"sizes", (PyCFunction)fragments_sizes, METH_NOARGS, "the numbers of fragments and words, and bytes of memory"},
    {"clear", (PyCFunction)fragments_clear, METH_NOARGS, "forgets everything"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot type_slots[] = {
    {Py_tp_new, fragments_new},
    {Py_tp_dealloc, fragments_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "search.native._kernel.Fragments",
    .basicsize = sizeof(Fragments),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = type_slots,
};

int add_fragments(PyObject *module) {
    set_byte_classes();
    return add_type(module, &spec);
}
