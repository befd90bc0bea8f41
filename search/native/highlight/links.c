/* The words of a text by which a browser finds a passage again: the twin of what search/results/deep_links.py does. */

#include "kernel.h"

enum { MOST_EXACT = 60, MOST_BEFORE = 40, WORDS_BEFORE = 3, LONGEST_CODE = 12 };

/* As str.isspace. */
static int is_space(uint32_t code) {
    if (code < 0x80)
        return (code >= '\t' && code <= '\r') || (code >= 0x1C && code <= ' ');
    return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

/* The characters of `text` from `begin` to before `stop`: one paragraph. */
typedef struct {
    PyObject *text;
    Py_ssize_t begin, stop;
} Paragraph;

static int space_at(const Paragraph *paragraph, Py_ssize_t at) {
    return is_space(PyUnicode_ReadChar(paragraph->text, at));
}

/* Extends a span to whole words and by the words behind it, up to MOST_EXACT characters. */
static void take_whole_words(const Paragraph *paragraph, Py_ssize_t *start, Py_ssize_t *end) {
    while (*start > paragraph->begin && !space_at(paragraph, *start - 1)) {
        --*start;
        if (*end - *start > MOST_EXACT)
            return;
    }
    while (*end < paragraph->stop && !space_at(paragraph, *end)) {
        ++*end;
        if (*end - *start > MOST_EXACT)
            return;
    }
    for (;;) {
        Py_ssize_t at = *end;
        while (at < paragraph->stop && at - *start <= MOST_EXACT && space_at(paragraph, at))
            at++;
        while (at < paragraph->stop && at - *start <= MOST_EXACT && !space_at(paragraph, at))
            at++;
        if (at == *end || at - *start > MOST_EXACT)
            return;
        *end = at;
    }
}

static char *put_percent(char *out, unsigned char byte) {
    static const char digits[] = "0123456789ABCDEF";
    out[0] = '%';
    out[1] = digits[byte >> 4];
    out[2] = digits[byte & 15];
    return out + 3;
}

/* A character in percent-encoding, unless it is unreserved in an address and means nothing in a directive. */
static char *put_encoded(char *out, uint32_t code) {
    if ((code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || code == '_' ||
        code == '.' || code == '~') {
        *out = (char)code;
        return out + 1;
    }
    if (code < 0x80)
        return put_percent(out, (unsigned char)code);
    if (code < 0x800)
        return put_percent(put_percent(out, (unsigned char)(0xC0 | code >> 6)), 0x80 | (code & 0x3F));
    if (code >= 0xD800 && code < 0xE000)
        return put_percent(out, '?'); /* a lone surrogate */
    if (code < 0x10000)
        out = put_percent(out, (unsigned char)(0xE0 | code >> 12));
    else
        out = put_percent(put_percent(out, (unsigned char)(0xF0 | code >> 18)), 0x80 | (code >> 12 & 0x3F));
    return put_percent(put_percent(out, 0x80 | (code >> 6 & 0x3F)), 0x80 | (code & 0x3F));
}

static char *put_text(char *out, PyObject *text, Py_ssize_t start, Py_ssize_t end) {
    for (Py_ssize_t at = start; at < end; at++)
        out = put_encoded(out, PyUnicode_ReadChar(text, at));
    return out;
}

/* The last whole words before an index, with one space between each two. */
static char *put_words_before(char *out, const Paragraph *paragraph, Py_ssize_t start) {
    Py_ssize_t from = start - paragraph->begin > MOST_BEFORE ? start - MOST_BEFORE : paragraph->begin, at = start;
    Py_ssize_t starts[WORDS_BEFORE], ends[WORDS_BEFORE];
    int words = 0;
    while (words < WORDS_BEFORE) {
        while (at > from && space_at(paragraph, at - 1))
            at--;
        if (at == from)
            break;
        ends[words] = at;
        while (at > from && !space_at(paragraph, at - 1))
            at--;
        if (at == from && from > paragraph->begin && !space_at(paragraph, from - 1))
            break; /* it begins before what is looked at */
        starts[words++] = at;
    }
    for (int word = words - 1; word >= 0; word--) {
        out = put_text(out, paragraph->text, starts[word], ends[word]);
        if (word)
            out = put_percent(out, ' ');
    }
    return out;
}

PyDoc_STRVAR(text_directive_doc,
             "text_directive(text, begin, stop, start, end) -> str or None\n\n"
             "The value of a text directive (https://wicg.github.io/scroll-to-text-fragment/) that leads to the words from\n"
             "`start` to `end`, with the words before them, in the paragraph from `begin` to `stop`. None if it is blank.");

static PyObject *text_directive(PyObject *module, PyObject *args) {
    Paragraph paragraph;
    Py_ssize_t start, end;
    (void)module;
    if (!PyArg_ParseTuple(args, "Unnnn", &paragraph.text, &paragraph.begin, &paragraph.stop, &start, &end))
        return NULL;
    if (paragraph.begin < 0 || start < paragraph.begin || end < start || end > paragraph.stop ||
        paragraph.stop > PyUnicode_GetLength(paragraph.text)) {
        PyErr_SetString(PyExc_ValueError, "the words are not in the paragraph, or it is not in the text");
        return NULL;
    }
    take_whole_words(&paragraph, &start, &end);
    Py_ssize_t first = start, last = end;
    while (first < last && space_at(&paragraph, first))
        first++;
    while (first < last && space_at(&paragraph, last - 1))
        last--;
    if (first == last)
        Py_RETURN_NONE;
    if (last - first > PY_SSIZE_T_MAX / 2 / LONGEST_CODE - 2 * MOST_BEFORE)
        return PyErr_NoMemory();
    char *directive = PyMem_Malloc((size_t)(last - first + 2 * MOST_BEFORE) * LONGEST_CODE), *out = directive;
    if (!directive)
        return PyErr_NoMemory();
    out = put_words_before(out, &paragraph, start);
    if (out > directive) {
        *out++ = '-';
        *out++ = ',';
    }
    out = put_text(out, paragraph.text, first, last);
    PyObject *found = PyUnicode_FromStringAndSize(directive, out - directive);
    PyMem_Free(directive);
    return found;
}

PyMethodDef link_methods[] = {
    {"text_directive", text_directive, METH_VARARGS, text_directive_doc},
    {NULL, NULL, 0, NULL},
};
