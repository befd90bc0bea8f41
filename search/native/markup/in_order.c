/* Markup whose elements are closed in order, read in one pass: the twin of index.extraction.html_text.read_in_order.

   What it does not read, Python does: whatever is out of order, and what is rare. */

#include "body.h"

#include <string.h>

#define MAX_PHRASES 64

/* An element that is open: the attributes that may be an anchor, and how many texts came before it. */
typedef struct {
    const Element *element;
    Span id, name;
    size_t texts;
} Open;

/* Running text between two tags of STRUCTURE, as it is spoken, and what else is to be known of it. `is_blank`: there is
   nothing but white space in the markup, `has_tags`: there is a tag. `anchor`: the first that is stated in it. `last_id`, `last_name`: of its last
   link; `ends_with_link`: there is only white space after that. */
typedef struct {
    Text spoken;
    int has_words, is_blank, has_tags, ends_with_link, link_has_words;
    Span anchor, last_id, last_name;
    const Element *open[MAX_PHRASES];
    int depth, open_links;
} Running;

typedef struct {
    const Byte *at, *end;
    PyObject *unescape;
    Body body;
    Running running;
    Open open[MAX_OPEN + 1];
    int depth; /* that of the innermost in `open`: 0 is the root */
    size_t texts;
    Span before; /* the anchor that an empty link right before this place states */
    int has_first_heading, has_blank_heading, has_comments;
} Reader;

/* What a step of reading returns. */
enum { READ = 0, LEFT = 1, FAILED = -1 }; /* LEFT: to Python */

static const Span no_anchor;

static void speak(Running *running, Span text, int has_words) {
    text_put_span(&running->spoken, text);
    if (has_words) {
        running->has_words = 1;
        running->link_has_words = 1;
    }
}

static int has_words_in(Span text) {
    Span words = without_space(text);
    return words.at < words.end;
}

/* Text up to a tag or a reference. */
static void speak_raw(Running *running, Span raw) {
    int has_words = has_words_in(raw);
    speak(running, raw, has_words);
    if (has_words) {
        running->is_blank = 0;
        running->ends_with_link = 0;
    }
}

static int speak_code(Running *running, uint32_t code) {
    Byte bytes[4];
    int size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (size == 1)
        bytes[0] = (Byte)code;
    for (int at = size - 1; size > 1 && at >= 0; at--, code >>= 6)
        bytes[at] = at ? (Byte)(0x80 | (code & 0x3F)) : (Byte)((0xF00 >> size & 0xFF) | code);
    Span span = {bytes, bytes + size};
    speak(running, span, has_words_in(span));
    return READ;
}

static int take_characters(Reader *reader, Span text) {
    enum Characters found = characters_of(text);
    reader->body.has_invisible |= found == INVISIBLE;
    return found == FOREIGN ? LEFT : READ;
}

/* A reference by name, which Python knows. */
static int speak_name(Reader *reader, Span reference) {
    PyObject *given = PyObject_CallFunction(reader->unescape, "s#", (const char *)reference.at,
                                            (Py_ssize_t)(reference.end - reference.at));
    Py_ssize_t size;
    const char *bytes = given ? PyUnicode_AsUTF8AndSize(given, &size) : NULL;
    int result = FAILED;
    if (bytes) {
        Span text = {(const Byte *)bytes, (const Byte *)bytes + size};
        result = take_characters(reader, text);
        if (result == READ)
            speak(&reader->running, text, has_words_in(text));
    }
    Py_XDECREF(given);
    return result;
}

static int read_spoken_reference(Reader *reader) {
    uint32_t code;
    const Byte *start = reader->at, *after = read_reference(start, reader->end, &code);
    if (!after)
        return LEFT;
    reader->at = after;
    reader->running.is_blank = 0;
    reader->running.ends_with_link = 0;
    return code ? speak_code(&reader->running, code) : speak_name(reader, (Span){start, after});
}

static int begin_phrase(Running *running, const Tag *tag) {
    const Element *element = tag->element;
    if (running->depth == MAX_PHRASES)
        return LEFT;
    running->open[running->depth++] = element;
    if (element->traits & HOLDS_ANCHOR && running->anchor.at == running->anchor.end)
        running->anchor = anchor_of(element, tag->id, tag->name);
    if (element == link_element) {
        if (running->open_links++)
            return LEFT;
        running->last_id = tag->id;
        running->last_name = tag->name;
        running->link_has_words = 0;
    }
    return READ;
}

static int end_phrase(Running *running, const Element *element) {
    if (!running->depth || running->open[--running->depth] != element)
        return LEFT;
    if (element == link_element) {
        running->open_links--;
        running->ends_with_link = 1;
    }
    return READ;
}

static int read_phrase_tag(Running *running, const Tag *tag) {
    static const Byte line_break[] = {LINE_BREAK};
    running->is_blank = 0;
    running->has_tags = 1;
    running->ends_with_link = 0;
    if (tag->element->kind == BREAK)
        speak(running, (Span){line_break, line_break + 1}, 0);
    if (tag->element->kind != PHRASE)
        return READ;
    return tag->is_closing ? end_phrase(running, tag->element) : begin_phrase(running, tag);
}

static void begin_running(Running *running) {
    running->spoken.size = 0;
    running->has_words = running->has_tags = running->ends_with_link = running->link_has_words = 0;
    running->is_blank = 1;
    running->anchor = running->last_id = running->last_name = no_anchor;
    running->depth = running->open_links = 0;
}

static int read_comment(Reader *reader) {
    reader->at = skip_comment(reader->at, reader->end);
    reader->has_comments = 1;
    return reader->at ? READ : LEFT;
}

/* Reads running text up to a tag of STRUCTURE, which `tag` is then, or up to the end, where it has no element. */
static int read_running(Reader *reader, Tag *tag) {
    Running *running = &reader->running;
    begin_running(running);
    tag->element = NULL;
    while (reader->at < reader->end) {
        const Byte *start = reader->at;
        while (reader->at < reader->end && *reader->at != '<' && *reader->at != '&')
            reader->at++;
        if (reader->at > start)
            speak_raw(running, (Span){start, reader->at});
        if (reader->at == reader->end)
            break;
        int result = READ;
        if (*reader->at == '&') {
            result = read_spoken_reference(reader);
        } else if (reader->end - reader->at > 1 && reader->at[1] == '!') {
            result = read_comment(reader);
        } else {
            reader->at = read_tag(reader->at, reader->end, tag);
            if (!reader->at)
                return LEFT;
            if (tag->element->kind == STRUCTURE)
                return running->depth ? LEFT : READ;
            result = read_phrase_tag(running, tag);
            tag->element = NULL;
        }
        if (result != READ)
            return result;
    }
    return running->depth ? LEFT : READ;
}

/* Running text beside blocks. */
static int say(Reader *reader) {
    Running *running = &reader->running;
    if (reader->open[reader->depth].element->traits & NO_TEXT)
        return running->is_blank ? READ : LEFT;
    if (!running->is_blank) {
        int is_empty_link = running->ends_with_link && !running->link_has_words;
        reader->before = is_empty_link ? anchor_of(link_element, running->last_id, running->last_name) : no_anchor;
        reader->texts += (size_t)running->has_words;
    }
    body_add(&reader->body, text_span(&running->spoken), running->has_words);
    return READ;
}

static int begin(Reader *reader, const Tag *tag) {
    reader->before = no_anchor;
    if (tag->element->traits & EMPTY) {
        body_flush(&reader->body);
        return READ;
    }
    if (reader->depth + 1 >= MAX_OPEN)
        return LEFT;
    if (tag->element->traits & BLOCK)
        body_begin(&reader->body, tag->element);
    else if (tag->element->traits & CELL)
        body_cell(&reader->body);
    reader->open[++reader->depth] = (Open){tag->element, tag->id, tag->name, reader->texts};
    return READ;
}

static int end(Reader *reader, const Element *element) {
    if (reader->open[reader->depth].element != element)
        return LEFT;
    reader->depth--;
    reader->before = no_anchor;
    if (element->traits & BLOCK)
        body_end(&reader->body, element);
    return READ;
}

static int read_paragraph(Reader *reader) {
    Tag tag;
    int result = read_running(reader, &tag);
    if (result != READ || tag.element != paragraph_element || !tag.is_closing)
        return result == READ ? LEFT : result;
    reader->before = no_anchor;
    reader->texts += (size_t)reader->running.has_words;
    body_paragraph(&reader->body, text_span(&reader->running.spoken), reader->running.has_words);
    return READ;
}

/* The first anchor that is stated for a heading: its own, one inside it, right before it, or that of what begins with
   it. */
static Span anchor_for(const Reader *reader, const Tag *heading) {
    const Open *around = &reader->open[reader->depth];
    int begins = around->element->traits & HOLDS_ANCHOR && around->texts == reader->texts;
    Span stated[] = {
        anchor_of(heading->element, heading->id, heading->name),
        reader->running.anchor,
        reader->before,
        begins ? anchor_of(around->element, around->id, around->name) : no_anchor,
    };
    for (size_t one = 0; one < sizeof stated / sizeof *stated; one++)
        if (stated[one].at < stated[one].end)
            return stated[one];
    return no_anchor;
}

/* A heading without words is none; what is in it is running text. */
static int say_blank_heading(Reader *reader) {
    Span spoken = text_span(&reader->running.spoken);
    reader->has_blank_heading = 1;
    if (!reader->running.has_tags)
        return READ;
    if (memchr(spoken.at, LINE_BREAK, (size_t)(spoken.end - spoken.at)))
        return LEFT;
    reader->before = no_anchor;
    body_add(&reader->body, spoken, 0);
    return READ;
}

static int read_heading(Reader *reader, const Tag *heading) {
    Tag tag;
    int result = read_running(reader, &tag);
    if (result != READ || tag.element != heading->element || !tag.is_closing)
        return result == READ ? LEFT : result;
    if (!reader->running.has_words)
        return say_blank_heading(reader);
    body_heading(&reader->body, &reader->running.spoken, heading->element->level, anchor_for(reader, heading));
    reader->has_first_heading |= heading->element->level == 1;
    reader->before = no_anchor;
    reader->texts++;
    return READ;
}

static int read_structure(Reader *reader, const Tag *tag) {
    const Element *element = tag->element;
    if (tag->is_closing)
        return end(reader, element);
    if (!(reader->open[reader->depth].element->content & element->bit) ||
        (tag->is_empty && !(element->traits & EMPTY)))
        return LEFT;
    if (element == paragraph_element)
        return read_paragraph(reader);
    return element->level ? read_heading(reader, tag) : begin(reader, tag);
}

static int read_all(Reader *reader) {
    Tag tag;
    do {
        int result = read_running(reader, &tag);
        if (result == READ)
            result = say(reader);
        if (result == READ && tag.element)
            result = read_structure(reader, &tag);
        if (result != READ)
            return result;
    } while (tag.element);
    body_flush(&reader->body);
    return reader->depth ? LEFT : READ;
}

static PyObject *result_of(const Reader *reader) {
    PyObject *text = body_text(&reader->body), *headings = text ? body_headings(&reader->body) : NULL;
    if (text && headings)
        return Py_BuildValue("(NNOOO)", text, headings, reader->has_first_heading ? Py_True : Py_False,
                             reader->has_blank_heading ? Py_True : Py_False,
                             reader->has_comments ? Py_True : Py_False);
    Py_XDECREF(text);
    return NULL;
}

static Py_ssize_t tags_in(const Reader *reader) {
    Py_ssize_t count = 0;
    for (const Byte *at = reader->at; (at = memchr(at, '<', (size_t)(reader->end - at))); at++)
        count++;
    return count;
}

static PyObject *read_in_order(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *markup, *unescape;
    Py_ssize_t most, size;
    if (!PyArg_ParseTuple(args, "UnO", &markup, &most, &unescape))
        return NULL;
    const char *bytes = PyUnicode_AsUTF8AndSize(markup, &size);
    if (!bytes) { /* lone surrogates */
        if (PyErr_ExceptionMatches(PyExc_UnicodeError))
            PyErr_Clear();
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    Reader *reader = PyMem_Calloc(1, sizeof *reader);
    if (!reader)
        return PyErr_NoMemory();
    reader->at = (const Byte *)bytes;
    reader->end = reader->at + size;
    reader->unescape = unescape;
    reader->open[0].element = &root_element;
    int result = take_characters(reader, (Span){reader->at, reader->end});
    if (result == READ)
        result = tags_in(reader) <= most ? read_all(reader) : LEFT;
    int failed = body_failed(&reader->body) || reader->running.spoken.failed;
    PyObject *found = NULL;
    if (result != FAILED)
        found = failed ? PyErr_NoMemory() : result == LEFT ? Py_NewRef(Py_None) : result_of(reader);
    body_free(&reader->body);
    text_free(&reader->running.spoken);
    PyMem_Free(reader);
    return found;
}

static PyMethodDef methods[] = {
    {"read_in_order", read_in_order, METH_VARARGS,
     "read_in_order(markup, most, unescape): its text, its headings (text, level, offset, anchor), whether one is of "
     "level 1, whether one without words is left out, and whether there are comments; None if it is for Python to read, "
     "as with more than `most` tags"},
    {NULL, NULL, 0, NULL},
};

int add_markup(PyObject *module) {
    fill_elements();
    return PyModule_AddFunctions(module, methods);
}
