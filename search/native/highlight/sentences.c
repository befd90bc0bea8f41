/* Where sentences begin and end: the twin of search/highlight/sentences.py, which explains it.

   What a character is, Python says, once for each: so that its tables of Unicode decide, and not those of a compiler. */

#include "passages.h"

unsigned ask_class(Text *text, Py_UCS4 code) {
    if (text->failed)
        return 0;
    PyObject *character = PyUnicode_FromOrdinal((int)code);
    PyObject *answer = character ? PyObject_CallFunctionObjArgs(text->chooser->ask, character, NULL) : NULL;
    unsigned long bits = answer ? PyLong_AsUnsignedLong(answer) : 0;
    Py_XDECREF(character);
    Py_XDECREF(answer);
    if (PyErr_Occurred()) {
        text->failed = 1;
        return 0;
    }
    uint16_t known = (uint16_t)(bits << 1 | KNOWN);
    text->chooser->classes[code] = known;
    return known;
}

int take_text(Chooser *chooser, PyObject *string, Text *text) {
    *text = (Text){.chooser = chooser, .length = PyUnicode_GetLength(string)};
    PyObject *is_ascii = text->length < 0 ? NULL : PyObject_CallMethod(string, "isascii", NULL);
    if (!is_ascii)
        return -1;
    int narrow = is_ascii == Py_True;
    Py_DECREF(is_ascii);
    if (narrow) { /* then it is held as UTF-8 */
        text->narrow = (const unsigned char *)PyUnicode_AsUTF8AndSize(string, &text->length);
        return text->narrow ? 0 : -1;
    }
    text->wide = PyUnicode_AsUCS4Copy(string);
    return text->wide ? 0 : -1;
}

void give_back_text(Text *text) {
    PyMem_Free(text->wide);
}

/* A place where a sentence may end: what ends it, without the white space behind it, up to `core`. */
typedef struct {
    Py_ssize_t start, core, end;
} Ending;

static Py_ssize_t passed(Text *text, Py_ssize_t at, Py_ssize_t stop, unsigned classes) {
    while (at < stop && class_at(text, at) & classes)
        at++;
    return at;
}

/* Whether an item of a list begins there: a bullet or a number of at most three digits, then white space. */
static int is_item(Text *text, Py_ssize_t at, Py_ssize_t stop) {
    if (at < stop && class_at(text, at) & BULLET)
        return at + 1 < stop && class_at(text, at + 1) & SPACE;
    Py_ssize_t first = at;
    while (at < stop && at < first + 3 && code_at(text, at) >= '0' && code_at(text, at) <= '9')
        at++;
    return at > first && at + 1 < stop && (code_at(text, at) == '.' || code_at(text, at) == ')') &&
           class_at(text, at + 1) & SPACE;
}

/* The next place from `at` on where one may end: what the regular expression `_END` finds before `stop`. */
static int find_ending(Text *text, Py_ssize_t at, Py_ssize_t stop, Ending *found) {
    while (at < stop) {
        unsigned class = class_at(text, at);
        if (!(class & (STOP | WIDE_STOP | LINE_BREAK))) {
            at++;
            continue;
        }
        if (class & LINE_BREAK) {
            Py_ssize_t next = passed(text, at + 1, stop, SPACE);
            *found = (Ending){at, at, next};
            if (is_item(text, next, stop))
                return 1;
            at = next; /* the other line breaks of this white space stand before the same */
            continue;
        }
        Py_ssize_t core = passed(text, at + 1, stop, class & STOP ? CLOSER : WIDE_CLOSER);
        *found = (Ending){at, core, passed(text, core, stop, SPACE)};
        if (class & WIDE_STOP || found->end > core)
            return 1;
        at++;
    }
    return 0;
}

/* Whether a word is one of the titles, in any case. Their letters have no capitals beyond ASCII: the sign of kelvin is
   the only such letter, and no title has a k. */
static int is_title(Text *text, Py_ssize_t start, Py_ssize_t end) {
    uint64_t word = 0;
    if (end - start > 8)
        return 0;
    for (; start < end; start++) {
        Py_UCS4 code = code_at(text, start);
        if (code >= 0x80 || !code) /* a packed word has no trace of a zero at its beginning */
            return 0;
        word = word << 8 | (code >= 'A' && code <= 'Z' ? code + 'a' - 'A' : code);
    }
    for (Py_ssize_t index = 0; index < text->chooser->title_count; index++)
        if (text->chooser->titles[index] == word)
            return 1;
    return 0;
}

/* Whether a full stop ends a sentence, by the word before it. */
static int ends_behind(Text *text, Py_ssize_t stop) {
    Py_ssize_t start = stop, lowest = larger(0, stop - text->chooser->before);
    unsigned all = DECIMAL;
    while (start > lowest) {
        unsigned class = class_at(text, start - 1);
        if (class & (SPACE | OPENER))
            break;
        all &= class;
        start--;
    }
    Py_ssize_t length = stop - start;
    if (length && all & DECIMAL)
        return !(length <= 2 && (start == 0 || code_at(text, start - 1) == '\n'));
    if (length == 1 && class_at(text, start) & UPPER)
        return 0;
    return !(length > 1 && code_at(text, start + 1) == '.') && !is_title(text, start, stop);
}

static int ends(Text *text, const Ending *ending) {
    if (class_at(text, ending->start) & (WIDE_STOP | LINE_BREAK))
        return 1;
    if (ending->end < text->length && class_at(text, ending->end) & LOWER)
        return 0;
    return code_at(text, ending->start) != '.' || ending->end >= text->length || ends_behind(text, ending->start);
}

Py_ssize_t sentence_start(Text *text, Py_ssize_t place, Py_ssize_t floor) {
    Py_ssize_t at = larger(floor, place - text->chooser->max_sentence);
    Py_ssize_t start = at == floor ? floor : FAR_AWAY;
    Ending ending;
    for (; find_ending(text, at, smaller(text->length, place + text->chooser->behind), &ending); at = ending.end) {
        if (ending.end > place)
            break;
        if (ends(text, &ending))
            start = ending.end;
    }
    return start;
}

Py_ssize_t sentence_end(Text *text, Py_ssize_t place, Py_ssize_t ceiling) {
    Py_ssize_t limit = smaller(ceiling, place + text->chooser->max_sentence);
    Py_ssize_t at = larger(0, place - 1);
    Ending ending;
    for (; find_ending(text, at, limit, &ending); at = ending.end)
        if (ending.end > place && ends(text, &ending))
            return ending.core;
    return limit == ceiling ? stripped(text, place, ceiling) : FAR_AWAY;
}

Py_ssize_t stripped(Text *text, Py_ssize_t place, Py_ssize_t end) {
    while (end > place && class_at(text, end - 1) & SPACE)
        end--;
    return end;
}
