#include "body.h"

#include <string.h>

#define GAP "\n\n"
#define ROW_GAP "\n"
#define MARKER "\xE2\x80\xA2 " /* a bullet and a space */

/* Without invisible characters and white space around it: index.normalize.clean_block. */
static Span cleaned(Body *body, Span block) {
    block = without_space(block);
    if (!body->has_invisible)
        return block;
    body->seen.size = 0;
    for (const Byte *at = block.at; at < block.end; at++) {
        int length = invisible_at(at, block.end);
        if (length)
            at += length - 1;
        else
            text_put_byte(&body->seen, *at);
    }
    return without_space(text_span(&body->seen));
}

static void put_block(Body *body, Span block, const char *gap) {
    block = cleaned(body, block);
    if (block.at == block.end)
        return;
    if (body->text.size) {
        text_put(&body->text, gap, strlen(gap));
        body->characters += strlen(gap);
    }
    text_put_span(&body->text, block);
    body->characters += characters_in(block);
}

/* One part of a block, in `line`. */
static void put_line(Body *body, const Element *element) {
    int is_row = body->is_marked || (element && element->traits & ROW);
    Span block = text_span(&body->line);
    if (element == row_element)
        block = without_ends(block, " |", 2);
    const char *gap = is_row && body->last_group == body->group ? ROW_GAP : GAP;
    if (body->is_marked) {
        Text marked = {0};
        text_put(&marked, MARKER, strlen(MARKER));
        text_put_span(&marked, block);
        body->text.failed |= marked.failed;
        put_block(body, text_span(&marked), gap);
        text_free(&marked);
    } else {
        put_block(body, block, gap);
    }
    body->last_group = is_row ? body->group : 0;
}

/* Where two or more breaks with nothing between them begin, or the end; `after` is what follows them. */
static const Byte *find_breaks(Span part, const Byte **after) {
    for (const Byte *at = part.at; (at = memchr(at, LINE_BREAK, (size_t)(part.end - at))); at++) {
        const Byte *last = at, *next = at + 1;
        for (int length; next < part.end && (*next == LINE_BREAK || (length = space_at(next, part.end)));)
            if (*next == LINE_BREAK)
                last = next++;
            else
                next += length;
        if (last > at) {
            *after = last + 1;
            return at;
        }
    }
    *after = part.end;
    return part.end;
}

/* A block, whose parts are apart where there are several breaks in a row. */
static void put(Body *body, Span text, const Element *element) {
    if (memchr(text.at, LINE_BREAK, (size_t)(text.end - text.at)))
        text = without_ends(text, "\0 \n", 3);
    const Byte *after = text.at;
    do {
        Span part = {after, text.end};
        part.end = find_breaks(part, &after);
        body->line.size = 0;
        put_one_line(&body->line, part);
        put_line(body, element);
    } while (after < text.end);
    body->is_marked = 0;
}

static const Element *innermost(const Body *body) {
    return body->depth ? body->open[body->depth - 1] : NULL;
}

static void replace_breaks(Text *text, Byte with) {
    for (size_t at = 0; at < text->size; at++)
        if (text->bytes[at] == LINE_BREAK)
            text->bytes[at] = with;
}

void body_flush(Body *body) {
    if (body->has_words && body->verbatim) {
        replace_breaks(&body->said, '\n');
        put_block(body, text_span(&body->said), GAP);
    } else if (body->has_words) {
        put(body, text_span(&body->said), innermost(body));
    }
    body->said.size = 0;
    body->has_words = 0;
}

void body_begin(Body *body, const Element *element) {
    body_flush(body);
    body->open[body->depth++] = element;
    if (element->traits & GROUP)
        body->group += !body->open_groups++;
    else if (element == list_item_element)
        body->is_marked = 1;
    else if (element == verbatim_element)
        body->verbatim++;
}

void body_end(Body *body, const Element *element) {
    body_flush(body);
    body->depth--;
    if (element->traits & GROUP)
        body->open_groups--;
    else if (element == list_item_element)
        body->is_marked = 0;
    else if (element == verbatim_element)
        body->verbatim--;
}

void body_cell(Body *body) {
    if (body->has_words)
        text_put(&body->said, " | ", 3);
}

void body_add(Body *body, Span text, int has_words) {
    text_put_span(&body->said, text);
    body->has_words |= has_words;
}

void body_paragraph(Body *body, Span text, int has_words) {
    body_flush(body);
    if (has_words)
        put(body, text, paragraph_element);
}

void body_heading(Body *body, Text *text, int level, Span anchor) {
    body_flush(body);
    replace_breaks(text, ' ');
    body->line.size = 0;
    put_one_line(&body->line, cleaned(body, text_span(text)));
    Span line = text_span(&body->line);
    if (line.at == line.end)
        return;
    if (body->heading_count == body->heading_room) {
        size_t room = body->heading_room ? 2 * body->heading_room : 16;
        HeadingFound *larger = PyMem_Realloc(body->headings, room * sizeof *larger);
        if (!larger) {
            body->text.failed = 1;
            return;
        }
        body->headings = larger;
        body->heading_room = room;
    }
    size_t gap = body->text.size ? strlen(GAP) : 0, size = (size_t)(line.end - line.at);
    body->headings[body->heading_count++] =
        (HeadingFound){body->text.size + gap, size, body->characters + gap, level < 2 ? 2 : level, anchor};
    put_block(body, line, GAP);
}

int body_failed(const Body *body) {
    return body->text.failed || body->said.failed || body->line.failed || body->seen.failed;
}

static PyObject *string_of(Span span) {
    return PyUnicode_DecodeUTF8((const char *)span.at, span.end - span.at, NULL);
}

PyObject *body_text(const Body *body) {
    return string_of(text_span(&body->text));
}

static PyObject *heading_of(const Body *body, const HeadingFound *found) {
    const Byte *at = body->text.bytes + found->at;
    PyObject *text = string_of((Span){at, at + found->size});
    PyObject *anchor = found->anchor.at == found->anchor.end ? Py_NewRef(Py_None) : string_of(found->anchor);
    if (text && anchor)
        return Py_BuildValue("(NinN)", text, found->level, (Py_ssize_t)found->offset, anchor);
    Py_XDECREF(text);
    Py_XDECREF(anchor);
    return NULL;
}

PyObject *body_headings(const Body *body) {
    PyObject *list = PyList_New((Py_ssize_t)body->heading_count);
    for (size_t at = 0; list && at < body->heading_count; at++) {
        PyObject *heading = heading_of(body, &body->headings[at]);
        if (!heading || PyList_SetItem(list, (Py_ssize_t)at, heading) < 0)
            Py_CLEAR(list);
    }
    return list;
}

void body_free(Body *body) {
    text_free(&body->text);
    text_free(&body->said);
    text_free(&body->line);
    text_free(&body->seen);
    PyMem_Free(body->headings);
}
