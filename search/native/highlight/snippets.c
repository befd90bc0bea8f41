/* What a snippet is made of: its text with the matches marked in HTML, and the words of the link that leads to it. The
   twins are in search/highlight/highlighter.py and search/results/deep_links.py. */

#include "kernel.h"
#include <string.h>

/* --- matches in HTML --- */

typedef struct {
    Py_ssize_t start, end;
} Span;

static const char open_mark[] = "<mark>", close_mark[] = "</mark>";

enum { LONGEST_ESCAPE = 6, TAGS = sizeof open_mark + sizeof close_mark };

/* Writes a byte as html.escape does; gives what stands behind it. */
static char *put_escaped(char *out, char byte) {
    const char *escape;
    switch (byte) {
    case '&': escape = "&amp;"; break;
    case '<': escape = "&lt;"; break;
    case '>': escape = "&gt;"; break;
    case '"': escape = "&quot;"; break;
    case '\'': escape = "&#x27;"; break;
    default: *out = byte; return out + 1;
    }
    size_t size = strlen(escape);
    memcpy(out, escape, size);
    return out + size;
}

static char *put_tag(char *out, const char *tag) {
    size_t size = strlen(tag);
    memcpy(out, tag, size);
    return out + size;
}

/* The characters of UTF-8 with each span marked. `out` has room for LONGEST_ESCAPE bytes a byte, and TAGS a span. */
static char *put_marked(char *out, const char *text, Py_ssize_t size, const Span *spans, Py_ssize_t count) {
    Py_ssize_t character = 0, span = 0;
    int inside = 0;
    for (Py_ssize_t at = 0;; at++) {
        if (at == size || ((unsigned char)text[at] & 0xC0) != 0x80) { /* a character begins here */
            if (inside && character >= spans[span].end) {
                out = put_tag(out, close_mark);
                inside = 0;
                span++;
            }
            if (!inside && at < size && span < count && character >= spans[span].start) {
                out = put_tag(out, open_mark);
                inside = 1;
            }
            character++;
        }
        if (at == size)
            break;
        out = put_escaped(out, text[at]);
    }
    return inside ? put_tag(out, close_mark) : out;
}

/* The text as HTML, each span marked: in order, without overlaps, none empty, none beyond the text. */
static PyObject *marked(PyObject *text, const Span *spans, Py_ssize_t count) {
    Py_ssize_t size;
    PyObject *html = NULL, *encoded = NULL;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &size);
    if (!utf8 && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) { /* a lone surrogate */
        PyErr_Clear();
        encoded = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
        if (encoded && PyBytes_AsStringAndSize(encoded, (char **)&utf8, &size) < 0)
            utf8 = NULL;
    }
    if (utf8 && (size > PY_SSIZE_T_MAX / 32 || count > PY_SSIZE_T_MAX / 64))
        PyErr_NoMemory();
    else if (utf8) {
        char *out = PyMem_Malloc((size_t)(size * LONGEST_ESCAPE + count * TAGS + 1));
        if (out) {
            char *stop = put_marked(out, utf8, size, spans, count);
            html = PyUnicode_DecodeUTF8(out, stop - out, "surrogatepass");
            PyMem_Free(out);
        } else
            PyErr_NoMemory();
    }
    Py_XDECREF(encoded);
    return html;
}

/* The first two numbers of a tuple. 0, or -1 with an exception. */
static int take_span(PyObject *item, Span *span) {
    if (!PyTuple_Check(item) || PyTuple_Size(item) < 2) {
        PyErr_SetString(PyExc_TypeError, "a span is a tuple of its start and its end");
        return -1;
    }
    span->start = PyLong_AsSsize_t(PyTuple_GetItem(item, 0));
    span->end = PyLong_AsSsize_t(PyTuple_GetItem(item, 1));
    return (span->start == -1 || span->end == -1) && PyErr_Occurred() ? -1 : 0;
}

PyDoc_STRVAR(mark_html_doc, "mark_html(text, spans) -> str\n\n"
                            "The text escaped as by html.escape, each span in <mark>.\n"
                            "spans: a list or tuple of (start, end) in order that do not overlap, are not empty, and do\n"
                            "not reach beyond the text. Raises ValueError for others.");

static PyObject *mark_html(PyObject *module, PyObject *args) {
    PyObject *text, *given, *html = NULL;
    (void)module;
    if (!PyArg_ParseTuple(args, "UO", &text, &given))
        return NULL;
    PyObject *items = PySequence_Tuple(given);
    if (!items)
        return NULL;
    Py_ssize_t count = PyTuple_Size(items), before = 0, length = PyUnicode_GetLength(text);
    Span *spans = PyMem_Calloc((size_t)count + 1, sizeof *spans);
    int failed = !spans;
    if (failed)
        PyErr_NoMemory();
    for (Py_ssize_t at = 0; at < count && !failed; at++) {
        failed = take_span(PyTuple_GetItem(items, at), &spans[at]) < 0;
        if (!failed && (spans[at].start < before || spans[at].end <= spans[at].start || spans[at].end > length)) {
            PyErr_SetString(PyExc_ValueError, "the spans must be in order, in the text, not empty, and not overlap");
            failed = 1;
        }
        before = spans[at].end;
    }
    if (!failed)
        html = marked(text, spans, count);
    PyMem_Free(spans);
    Py_DECREF(items);
    return html;
}

/* The first index of the list of marks with a start not below `start`; -1 with an exception. */
static Py_ssize_t first_from(PyObject *marks, Py_ssize_t low, Py_ssize_t start) {
    Py_ssize_t high = PyList_Size(marks);
    Span span;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (take_span(PyList_GetItem(marks, middle), &span) < 0)
            return -1;
        if (span.start < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The spans of the marks from index `first` that are completely between `start` and `end`, by offsets from `start`,
   with overlapping ones merged. Gives how many, or -1 with an exception. */
static Py_ssize_t merge(PyObject *marks, Py_ssize_t first, Py_ssize_t last, Span within, Span *spans) {
    Py_ssize_t count = 0;
    Span span;
    for (Py_ssize_t at = first; at < last; at++) {
        if (take_span(PyList_GetItem(marks, at), &span) < 0)
            return -1;
        if (span.start < within.start || span.end > within.end || span.end <= span.start)
            continue;
        span.start -= within.start;
        span.end -= within.start;
        if (!count || span.start >= spans[count - 1].end)
            spans[count++] = span;
        else if (span.end > spans[count - 1].end)
            spans[count - 1].end = span.end;
    }
    return count;
}

static PyObject *as_tuple(const Span *spans, Py_ssize_t count) {
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t at = 0; tuple && at < count; at++) {
        PyObject *item = Py_BuildValue("(nn)", spans[at].start, spans[at].end);
        if (!item || PyTuple_SetItem(tuple, at, item) < 0)
            Py_CLEAR(tuple);
    }
    return tuple;
}

PyDoc_STRVAR(marked_piece_doc,
             "marked_piece(text, start, end, marks, html) -> (piece, spans, html)\n\n"
             "The characters from `start` to `end` with the spans of the marks in them, merged, by offsets in the piece;\n"
             "and, if `html`, the same escaped as by html.escape, each span in <mark>.\n"
             "marks: a list of tuples of at least start and end, ordered by start.");

static PyObject *marked_piece(PyObject *module, PyObject *args) {
    PyObject *text, *marks, *found = NULL;
    Span within;
    int html;
    (void)module;
    if (!PyArg_ParseTuple(args, "UnnO!p", &text, &within.start, &within.end, &PyList_Type, &marks, &html))
        return NULL;
    Py_ssize_t length = PyUnicode_GetLength(text), first, last;
    if (within.start < 0 || within.end < within.start || within.end > length) {
        PyErr_SetString(PyExc_ValueError, "the piece reaches beyond the text");
        return NULL;
    }
    if ((first = first_from(marks, 0, within.start)) < 0 || (last = first_from(marks, first, within.end)) < 0)
        return NULL;
    Span *spans = PyMem_Calloc((size_t)(last - first) + 1, sizeof *spans);
    if (!spans)
        return PyErr_NoMemory();
    Py_ssize_t count = merge(marks, first, last, within, spans);
    PyObject *piece = count < 0 ? NULL : PyUnicode_Substring(text, within.start, within.end);
    PyObject *tuple = piece ? as_tuple(spans, count) : NULL;
    PyObject *shown = !tuple ? NULL : html ? marked(piece, spans, count) : PyUnicode_FromString("");
    if (shown)
        found = PyTuple_Pack(3, piece, tuple, shown);
    Py_XDECREF(piece);
    Py_XDECREF(tuple);
    Py_XDECREF(shown);
    PyMem_Free(spans);
    return found;
}

PyMethodDef snippet_methods[] = {
    {"mark_html", mark_html, METH_VARARGS, mark_html_doc},
    {"marked_piece", marked_piece, METH_VARARGS, marked_piece_doc},
    {NULL, NULL, 0, NULL},
};
