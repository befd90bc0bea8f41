/* The matches of single words in a text: what Highlighter.marks finds by the occurrences of words, in one call.

   What a fragment holds is asked from Python once for each query and number; it is kept in a dict that both share. */

#include "scanning.h"

#include <stdlib.h>

typedef struct {
    Py_ssize_t start, end;
    int32_t group;
} Mark;

/* What is looked for, and the marks that were found. */
typedef struct {
    Scan scan;
    PyObject *firsts, *states, *sought, *read; /* borrowed */
    Py_buffer groups; /* for each word its group, or -1, and the length of a prefix, or 0: two int32 each */
    int may_repeat;
    Mark *marks;
    Py_ssize_t count, room;
} Search;

static int32_t int32_at(const Py_buffer *buffer, Py_ssize_t index) {
    int32_t value;
    memcpy(&value, (const char *)buffer->buf + index * (Py_ssize_t)sizeof value, sizeof value);
    return value;
}

static int compare(const void *left, const void *right) {
    const Mark *one = left, *two = right;
    if (one->start != two->start)
        return one->start < two->start ? -1 : 1;
    if (one->end != two->end)
        return one->end < two->end ? -1 : 1;
    return (one->group > two->group) - (one->group < two->group);
}

static int put(Search *search, Py_ssize_t start, Py_ssize_t end, int32_t group) {
    if (search->count == search->room) {
        Py_ssize_t room = search->room ? search->room * 2 : 64;
        Mark *marks = PyMem_Realloc(search->marks, (size_t)room * sizeof *marks);
        if (!marks) {
            PyErr_NoMemory();
            return -1;
        }
        search->marks = marks;
        search->room = room;
    }
    search->marks[search->count++] = (Mark){start, end, group};
    return 0;
}

/* The marks of one token: `words`, ahead, start, end, pair, as search.highlight.wanted.Sought. */
static int put_token(Search *search, PyObject *token, Py_ssize_t at) {
    PyObject *words;
    Py_ssize_t ahead, start, end;
    int pair;
    if (!PyTuple_Check(token)) {
        PyErr_SetString(PyExc_TypeError, "what is sought is a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(token, "O!nnnp", &PyTuple_Type, &words, &ahead, &start, &end, &pair))
        return -1;
    Py_ssize_t known = search->groups.len / (Py_ssize_t)(2 * sizeof(int32_t)), count = PyTuple_Size(words);
    for (Py_ssize_t index = 0; index < count; index++) {
        Py_ssize_t word = PyLong_AsSsize_t(PyTuple_GetItem(words, index));
        if (word == -1 && PyErr_Occurred())
            return -1;
        int32_t group = word >= 0 && word < known ? int32_at(&search->groups, 2 * word) : -1;
        if (group < 0)
            continue;
        /* Of a pair of unspaced characters, a prefix marks only its own. */
        int32_t prefix = pair ? int32_at(&search->groups, 2 * word + 1) : 0;
        if (put(search, at + start, prefix ? at + start + prefix : at + end, group) < 0)
            return -1;
    }
    return 0;
}

/* What is sought in the fragment of a row: a new reference to a tuple. */
static PyObject *sought_in(Search *search, const Row *row, PyObject *text) {
    if (row->number >= 0) {
        PyObject *key = PyLong_FromLongLong(row->number);
        PyObject *known = key ? PyDict_GetItemWithError(search->sought, key) : NULL;
        Py_XINCREF(known);
        Py_XDECREF(key);
        if (known || PyErr_Occurred())
            return known;
    }
    PyObject *fragment = PyUnicode_Substring(text, row->start, row->end);
    PyObject *found =
        fragment ? PyObject_CallFunction(search->read, "LO", (long long)row->number, fragment) : NULL;
    Py_XDECREF(fragment);
    return found;
}

static int put_row(Search *search, const Row *row, PyObject *text, Py_ssize_t offset) {
    PyObject *tokens = sought_in(search, row, text);
    if (!tokens)
        return -1;
    int failed = 0;
    Py_ssize_t count = PyTuple_Size(tokens);
    for (Py_ssize_t at = 0; at < count && !failed; at++)
        failed = put_token(search, PyTuple_GetItem(tokens, at), offset + row->start) < 0;
    Py_DECREF(tokens);
    return failed || count < 0 ? -1 : 0;
}

/* Sorts the marks from `first`, and leaves out those that are there twice. */
static void put_in_order(Search *search, Py_ssize_t first) {
    Mark *marks = search->marks;
    for (Py_ssize_t at = first + 1; at < search->count; at++)
        if (compare(&marks[at - 1], &marks[at]) > 0) {
            qsort(marks + first, (size_t)(search->count - first), sizeof *marks, compare);
            break;
        }
    if (!search->may_repeat)
        return;
    Py_ssize_t kept = first;
    for (Py_ssize_t at = first; at < search->count; at++)
        if (kept == first || compare(&marks[kept - 1], &marks[at]))
            marks[kept++] = marks[at];
    search->count = kept;
}

/* Adds the marks in a text that begins at `offset` of the whole. Python may change the states while it is asked what a
   fragment holds, so they are given back before that. 0, or -1 with an exception. */
static int find_marks(Search *search, PyObject *text, Py_ssize_t offset) {
    Scan *scan = &search->scan;
    Py_ssize_t first = search->count;
    if (!PyUnicode_GetLength(text))
        return 0;
    if (PyObject_GetBuffer(search->firsts, &scan->firsts, PyBUF_SIMPLE) < 0)
        return -1;
    int failed = PyObject_GetBuffer(search->states, &scan->states, PyBUF_SIMPLE);
    if (!failed) {
        failed = scan_begin(scan) < 0 || scan_text(scan, text) < 0;
        PyBuffer_Release(&scan->states);
    }
    PyBuffer_Release(&scan->firsts);
    for (size_t at = 0; !failed && at < scan->count; at++)
        failed = put_row(search, &scan->rows[at], text, offset) < 0;
    if (failed)
        return -1;
    put_in_order(search, first);
    return 0;
}

/* The marks that were found, as tuples. */
static PyObject *as_list(const Search *search) {
    PyObject *list = PyList_New(search->count);
    for (Py_ssize_t at = 0; list && at < search->count; at++) {
        const Mark *mark = &search->marks[at];
        PyObject *row = PyTuple_New(3);
        if (!row || PyTuple_SetItem(row, 0, PyLong_FromSsize_t(mark->start)) < 0 ||
            PyTuple_SetItem(row, 1, PyLong_FromSsize_t(mark->end)) < 0 ||
            PyTuple_SetItem(row, 2, PyLong_FromLong(mark->group)) < 0 || PyErr_Occurred()) {
            Py_XDECREF(row);
            Py_CLEAR(list);
        } else
            PyList_SetItem(list, at, row);
    }
    return list;
}

static int begin(Search *search, Table *table, PyObject *look) {
    search->scan.table = table;
    search->scan.counts = 0;
    return PyArg_ParseTuple(look, "OOOO!O", &search->firsts, &search->scan.wide, &search->states, &PyDict_Type,
                            &search->sought, &search->read)
               ? 0
               : -1;
}

static void end(Search *search) {
    PyMem_Free(search->scan.rows);
    PyMem_Free(search->marks);
    PyBuffer_Release(&search->groups);
}

const char marks_doc[] =
    "marks(texts, look, groups, may_repeat) -> [[(start, end, group), ...], ...]\n\n"
    "The matches of single words in each text of a list, in order, by characters.\n\n"
    "look: firsts, wide and states as for scan; a dict that has what is sought in a fragment by its number, as tuples of\n"
    "words, ahead, start, end, pair; and what is called with the number and the text of any other: it returns the same.\n"
    "groups: for each number of a word its group, -1 if it is not looked for here, and the length of its prefix, 0 if it\n"
    "has none; two int32 each.\n"
    "may_repeat: whether marks that are there twice have to be left out.\n"
    "Raises UnicodeEncodeError for a text with lone surrogates.";

/* The marks of a text in place of those before, as a list. */
static PyObject *marks_in(Search *search, PyObject *text) {
    search->count = 0;
    if (!text || !PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "the texts are a list of str");
        return NULL;
    }
    return find_marks(search, text, 0) < 0 ? NULL : as_list(search);
}

PyObject *fragments_marks(Table *table, PyObject *args) {
    PyObject *given, *look, *found = NULL;
    Search search = {.marks = NULL};
    if (!PyArg_ParseTuple(args, "O!O!y*p", &PyList_Type, &given, &PyTuple_Type, &look, &search.groups,
                          &search.may_repeat))
        return NULL;
    PyObject *texts = PyList_AsTuple(given); /* Python may change the list while it is asked what a fragment holds */
    Py_ssize_t count = texts ? PyTuple_Size(texts) : 0;
    if (texts && !begin(&search, table, look))
        found = PyList_New(count);
    for (Py_ssize_t at = 0; found && at < count; at++) {
        PyObject *marks = marks_in(&search, PyTuple_GetItem(texts, at));
        if (!marks || PyList_SetItem(found, at, marks) < 0)
            Py_CLEAR(found);
    }
    Py_XDECREF(texts);
    end(&search);
    return found;
}

/* Whether a group that is looked for has fewer than `enough` marks; adds those from `first` to `met`. */
static int lacks(const Search *search, Py_ssize_t *met, Py_ssize_t first, Py_ssize_t enough) {
    for (Py_ssize_t at = first; at < search->count; at++)
        met[search->marks[at].group]++;
    for (Py_ssize_t at = 0; at < search->groups.len / (Py_ssize_t)sizeof(int32_t); at += 2) {
        int32_t group = int32_at(&search->groups, at);
        if (group >= 0 && met[group] < enough)
            return 1;
    }
    return 0;
}

/* Counts of marks for every group, all 0; NULL with an exception. */
static Py_ssize_t *new_counts(const Search *search) {
    int32_t most = 0;
    for (Py_ssize_t at = 0; at < search->groups.len / (Py_ssize_t)sizeof(int32_t); at += 2)
        if (int32_at(&search->groups, at) > most)
            most = int32_at(&search->groups, at);
    Py_ssize_t *met = PyMem_Calloc((size_t)most + 1, sizeof *met);
    if (!met)
        PyErr_NoMemory();
    return met;
}

/* Reads stretches of whole paragraphs, each twice as long as all before it. Gives the end of what was read, or -1 with
   an exception. */
static Py_ssize_t read_stretches(Search *search, PyObject *text, Py_ssize_t size, Py_ssize_t stretch,
                                 Py_ssize_t enough) {
    PyObject *blank = PyUnicode_FromString("\n\n");
    Py_ssize_t *met = new_counts(search), start = 0;
    int failed = !met || !blank, lacking = 1;
    while (!failed && lacking && start < size) {
        Py_ssize_t first = search->count, stop = PyUnicode_Find(text, blank, start ? 2 * start : stretch, size, 1);
        PyObject *part = stop == -2 ? NULL : PyUnicode_Substring(text, start, stop < 0 ? size : stop);
        failed = !part || find_marks(search, part, start) < 0;
        Py_XDECREF(part);
        if (failed)
            break;
        lacking = lacks(search, met, first, enough);
        start = stop < 0 ? size : stop;
    }
    PyMem_Free(met);
    Py_XDECREF(blank);
    return failed ? -1 : start;
}

const char leading_doc[] =
    "leading(text, look, groups, may_repeat, limit, stretch, enough) -> (end, [(start, end, group), ...])\n\n"
    "The marks in the first paragraphs of a text, at most `limit` characters, and where these end.\n\n"
    "They are read until each group has `enough` marks; `stretch` characters are read before the first look.";

PyObject *fragments_leading(Table *table, PyObject *args) {
    PyObject *text, *look, *found = NULL;
    Py_ssize_t limit, stretch, enough;
    Search search = {.marks = NULL};
    if (!PyArg_ParseTuple(args, "UO!y*pnnn", &text, &PyTuple_Type, &look, &search.groups, &search.may_repeat, &limit,
                          &stretch, &enough))
        return NULL;
    Py_ssize_t size = PyUnicode_GetLength(text);
    if (stretch < 1 || limit < 0) {
        PyErr_SetString(PyExc_ValueError, "stretch is at least 1, and limit at least 0");
    } else if (!begin(&search, table, look)) {
        Py_ssize_t stop = read_stretches(&search, text, size < limit ? size : limit, stretch, enough);
        PyObject *list = stop < 0 ? NULL : as_list(&search);
        found = list ? Py_BuildValue("(nN)", stop, list) : NULL;
    }
    end(&search);
    return found;
}
